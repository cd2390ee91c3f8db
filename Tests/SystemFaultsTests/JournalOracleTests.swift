import Testing

@testable import falconer_faults

/// The oracle sees each way in which a journal can break its word, and nothing in one that keeps it.
@Suite struct JournalOracleTests {
    private func violations(
        _ lines: [String],
        _ ledger: ClientLedger,
        end: String = "\n",
        tornLedger: Int = 0
    ) throws -> [String] {
        var journal = SampleJournal()
        try journal.write(lines, end: end)
        var oracle = JournalOracle()
        oracle.read(journal: journal.path)
        oracle.compare(with: ledger, tornLedger: tornLedger)
        return oracle.violations.map { String($0.prefix { $0 != ":" }) }
    }

    @Test func aJournalThatKeepsEverythingHasNoViolation() throws {
        let lines = [SampleJournal.line(1, "a"), SampleJournal.line(2, "b"), SampleJournal.line(3, "c")]
        let ledger = ClientLedger(sent: ["a", "b", "c", "d"], acknowledged: ["a": 1, "c": 3])
        #expect(try violations(lines, ledger) == [])
    }

    @Test func whatWasAcknowledgedAndIsGoneIsSeen() throws {
        let ledger = ClientLedger(sent: ["a", "b"], acknowledged: ["a": 1, "b": 2])
        #expect(try violations([SampleJournal.line(1, "a")], ledger) == ["I1"])
    }

    @Test func anotherIDThanTheAcknowledgedOneIsSeen() throws {
        let ledger = ClientLedger(sent: ["a"], acknowledged: ["a": 2])
        #expect(try violations([SampleJournal.line(1, "a")], ledger) == ["I1"])
    }

    @Test func aRequestThatIsThereTwiceIsSeen() throws {
        let lines = [SampleJournal.line(1, "a"), SampleJournal.line(2, "a")]
        #expect(try violations(lines, ClientLedger(sent: ["a"])) == ["I1"])
    }

    @Test func twoAcknowledgementsThatDifferAreSeen() throws {
        var ledger = ClientLedger(sent: ["a"], acknowledged: ["a": 1])
        ledger.note(.acknowledged(id: "a", sequence: 2, digest: SampleJournal.digest(SampleJournal.body("a"))))
        #expect(try violations([SampleJournal.line(1, "a")], ledger).contains("I1"))
    }

    @Test func anIDThatIsGivenTwiceOrFallsIsSeen() throws {
        let lines = [SampleJournal.line(1, "a"), SampleJournal.line(1, "b")]
        #expect(try violations(lines, ClientLedger(sent: ["a", "b"])) == ["I2"])
    }

    @Test func missingIDsAreAllowedOnlyWithSomethingInQuarantine() throws {
        let lines = [SampleJournal.line(1, "a"), SampleJournal.line(3, "b")]
        #expect(try violations(lines, ClientLedger(sent: ["a", "b"])) == ["I2"])
        var journal = SampleJournal()
        try journal.write(lines)
        try journal.quarantine()
        var oracle = JournalOracle()
        oracle.read(journal: journal.path)
        #expect(oracle.violations == [])
        #expect(oracle.missingIDs == 1)
    }

    @Test func aByteThatChangedIsSeen() throws {
        let line = SampleJournal.line(1, "a").replacingFirst("2026", with: "2027")
        #expect(try violations([line], ClientLedger(sent: ["a"])) == ["I2"])
    }

    @Test func aLineThatIsNotWholeIsSeen() throws {
        let lines = [SampleJournal.line(1, "a"), String(SampleJournal.line(2, "b").dropLast(30))]
        #expect(try violations(lines, ClientLedger(sent: ["a", "b"]), end: "") == ["I2"])
    }

    @Test func whatNobodySentIsSeen() throws {
        let lines = [SampleJournal.line(1, "a"), SampleJournal.line(2, "stranger")]
        #expect(try violations(lines, ClientLedger(sent: ["a"])) == ["I4"])
    }

    @Test func anEventThatNobodyCausedIsSeen() throws {
        let line = SampleJournal.line(1, "a", type: "fal.request.conflict")
        #expect(try violations([line], ClientLedger(sent: ["a"])) == ["I4"])
    }

    @Test func anotherBodyThanWasSentIsSeen() throws {
        let line = SampleJournal.line(1, "a", body: "{\"request_id\":\"A\"}")
        #expect(try violations([line], ClientLedger(sent: ["a"], acknowledged: ["a": 1])) == ["I7"])
    }

    @Test func aLedgerThatWasCutOffMayLackItsLastLinesAndNoOthers() throws {
        let ledger = ClientLedger(sent: ["run-1", "run-2"])
        let next = [SampleJournal.line(1, "run-2"), SampleJournal.line(2, "run-5")]
        #expect(try violations(next, ledger, tornLedger: 3) == [])
        #expect(try violations(next, ledger, tornLedger: 2) == ["I4"])
        #expect(try violations(next, ledger) == ["I4"])
    }

    @Test func whatASubscriberSawMustBeThereTheSame() throws {
        var journal = SampleJournal()
        try journal.write([SampleJournal.line(1, "a")])
        var oracle = JournalOracle()
        oracle.read(journal: journal.path)
        oracle.compare(seen: Array(SampleJournal.line(1, "a").utf8))
        #expect(oracle.violations == [])
        oracle.compare(seen: Array(SampleJournal.line(2, "a").utf8))
        oracle.compare(seen: Array(SampleJournal.line(1, "a", body: "{\"request_id\": \"a\"}").utf8))
        oracle.compare(seen: Array(SampleJournal.line(2, "b").utf8))
        oracle.compare(seen: Array("{\"specversion\":\"1.0\"".utf8))
        #expect(oracle.violations.map { $0.hasPrefix("I3") } == [true, true, true, true])
    }

    @Test func readingOnReadsTheLastSegmentAgainAndTheNewOnes() throws {
        var journal = SampleJournal()
        try journal.write([SampleJournal.line(1, "a"), SampleJournal.line(2, "b")])
        try journal.write([SampleJournal.line(3, "c")], segment: 3)
        var oracle = JournalOracle()
        oracle.read(journal: journal.path)
        #expect(oracle.eventCount == 3)
        try journal.write([SampleJournal.line(3, "c"), SampleJournal.line(4, "d")], segment: 3)
        try journal.write([SampleJournal.line(5, "e")], segment: 5)
        oracle.read(journal: journal.path)
        oracle.compare(with: ClientLedger(sent: ["a", "b", "c", "d", "e"], acknowledged: ["a": 1, "e": 5]))
        #expect(oracle.eventCount == 5)
        #expect(oracle.violations == [])
    }

    @Test func anEventThatVanishesFromTheEndIsSeenWhenReadingOn() throws {
        var journal = SampleJournal()
        try journal.write([SampleJournal.line(1, "a"), SampleJournal.line(2, "b")])
        var oracle = JournalOracle()
        oracle.read(journal: journal.path)
        try journal.write([SampleJournal.line(1, "a")])
        oracle.read(journal: journal.path)
        oracle.compare(with: ClientLedger(sent: ["a", "b"], acknowledged: ["a": 1, "b": 2]))
        #expect(oracle.violations.map { String($0.prefix(2)) } == ["I1"])
    }

    @Test func jqReadsAGoodSegmentAndStopsAtABadOne() throws {
        var journal = SampleJournal()
        try journal.write([SampleJournal.line(1, "a")])
        var oracle = JournalOracle()
        oracle.readWithJQ(journal: journal.path)
        #expect(oracle.violations == [])
        try journal.write(["{\"specversion\":"])
        oracle.readWithJQ(journal: journal.path)
        #expect(oracle.violations.count == 1)
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
