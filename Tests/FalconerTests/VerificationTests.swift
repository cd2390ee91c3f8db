import Crypto
import FoundationEssentials
import Journal
import SystemPackage
import TestSupport
import Testing

@testable import Falconer

@Suite struct VerificationTests {
    /// What is done to the lines of a journal of nine events, and what is to be found: kind and id.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let found: [String]
        let apply: @Sendable (inout [[UInt8]]) -> Void

        init(_ name: String, _ found: [String], _ apply: @escaping @Sendable (inout [[UInt8]]) -> Void) {
            testDescription = name
            self.found = found
            self.apply = apply
        }
    }

    static let damages: [Damage] = [
        Damage("nothing", []) { _ in },
        Damage("a bit in the data", ["damaged 4"]) { $0[3].flip("falcon dives") },
        Damage("a bit in the signature", ["damaged 4"]) { $0[3].flip("falsignature", 20) },
        Damage("a bit in the checksum", ["damaged 4"]) { $0[3].flip("\"crc32c\":\"", 11) },
        Damage("a bit in the id", ["damaged 5"]) { $0[3].flip("\"id\":\"4", 6) },
        Damage("a bit in the first byte", ["not_a_line -"]) { $0[3][0] ^= 1 },
        Damage("a line feed lost", ["damaged 4"]) { $0[3][$0[3].count - 1] = 0x78 },
        Damage("a line missing", ["missing 4"]) { $0.remove(at: 3) },
        Damage("three lines missing", ["missing 4-6"]) { $0.removeSubrange(3..<6) },
        Damage("a line twice", ["duplicate_id 4"]) { $0.insert($0[3], at: 6) },
        Damage("a line too late", ["missing 4", "out_of_order 4"]) { $0.append($0.remove(at: 3)) },
        Damage("a line of another journal", ["other_journal 4"]) { lines in
            let other = SignedJournal.source.replacing("0191d6a0", with: "ffffffff")
            lines.insert(lines[3].resealed(SignedJournal.source, other), at: 6)
        },
        Damage("a line of another journal with a higher id", ["other_journal 900"]) { lines in
            let other = SignedJournal.source.replacing("0191d6a0", with: "ffffffff")
            lines.insert(
                lines[3].resealed(SignedJournal.source, other).resealed("\"id\":\"4\"", "\"id\":\"900\""),
                at: 6
            )
        },
        Damage("garbage in the middle", ["not_a_line -"]) { $0.insert(Array("garbage\n".utf8), at: 4) },
        Damage("a torn tail", ["unfinished 9"]) { $0[8].removeLast(40) },
        Damage("the data changed and the checksum made to fit", ["unknown_key 4"]) { lines in
            lines[3] = lines[3].resealed("falcon dives", "pigeon dives")
        },
        Damage("the subject changed and the checksum made to fit", ["unknown_key 4"]) { lines in
            lines[3] = lines[3].resealed("\"subject\":\"request-4\"", "\"subject\":\"request-5\"")
        },
        Damage("the signature taken away", ["unsigned 4"]) { lines in
            lines[3] = lines[3].resealed("\"falsignature\"", "\"otherthing\"")
        },
        Damage("the timestamp malformed", ["unsigned 4"]) { lines in
            lines[3] = lines[3].resealed("\"faltimestamp\":\"1", "\"faltimestamp\":\"x")
        },
        Damage("no JSON, and the checksum fits", ["not_an_event 4"]) { lines in
            lines[3] = lines[3].resealed("\"error\": null", "\"error\": nope")
        },
        Damage("no event, and the checksum fits", ["not_an_event 4"]) { lines in
            lines[3] = lines[3].resealed("\"type\":\"", "\"kind\":\"")
        },
        Damage("no time, and the checksum fits", ["not_an_event 4"]) { lines in
            lines[3] = lines[3].resealed("\"time\":\"2", "\"time\":\"x")
        },
        Damage("several things", ["damaged 2", "missing 4", "not_a_line -"]) { lines in
            lines[1].flip("falcon dives")
            lines[7][0] ^= 1
            lines.remove(at: 3)
        },
    ]

    private static func named(_ failures: [VerificationFailure]) -> [String] {
        failures.map { failure in
            let ids = failure.ids.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            return "\(failure.kind.rawValue) \(ids ?? "-")"
        }
    }

    @Test(arguments: damages)
    func eachKindOfDamageIsFoundAndNamed(damage: Damage) throws {
        let journal = try SignedJournal(events: 9)
        try journal.change(damage.apply)
        for partBytes in [700, 1 << 20] {
            let result = try journal.verify(partBytes: partBytes)
            #expect(Self.named(result.failures) == damage.found)
            #expect(result.failureCount == damage.found.count)
            #expect(result.failures.allSatisfy { $0.segment == "00000000000000000001.jsonl" && !$0.advice.isEmpty })
        }
    }

    @Test func aFailureSaysWhereItStands() throws {
        let journal = try SignedJournal(events: 5)
        var offset = 0
        try journal.change { lines in
            offset = lines[..<2].reduce(0) { $0 + $1.count }
            lines[2].flip("falcon dives")
        }
        #expect(try journal.verify().failures.map(\.offset) == [offset])
    }

    @Test func whatIsAllRightIsCounted() throws {
        let journal = try SignedJournal(events: 40, segmentBytesMax: 5_000)
        #expect(try journal.segments.count > 5)
        let result = try journal.verify()
        #expect(result.failureCount == 0)
        #expect(result.events == 40)
        #expect(result.signatures == 40)
        #expect(result.ids == 1...40)
        #expect(try journal.verify(signatures: false).signatures == 0)
        let bytes = try journal.segments.reduce(0) { try $0 + Data(contentsOf: URL(filePath: $1.string)).count }
        #expect(result.bytes == bytes)
    }

    @Test func signaturesAreVerifiedAgainstAnyOfTheKeySets() throws {
        let journal = try SignedJournal(events: 3)
        let other = try SignedJournal.key(8)
        let wrong = try journal.verify(keys: [other])
        #expect(wrong.counts == [.unknownKey: 3])
        #expect(try journal.verify(keys: [other, journal.key]).failureCount == 0)
        #expect(try journal.verify(keys: [other], signatures: false).failureCount == 0)
    }

    @Test func whatWasNotDeliveredNeedsNoSignature() throws {
        let journal = try SignedJournal(events: 4) { number, draft in
            guard number == 2 else { return }
            draft.origin = .queue
            draft.falSignature = nil
        }
        let result = try journal.verify()
        #expect(result.failureCount == 0)
        #expect(result.signatures == 3)
    }

    @Test func aBodyInBase64IsVerifiedToo() throws {
        let key = try SignedJournal.key(7)
        let journal = try SignedJournal(events: 2) { number, draft in
            let body = Array("not JSON\n".utf8)
            let message = Array(
                "request-\(number)\nload|1\n\(draft.falTimestamp ?? "")\n\(SHA256.digest(body.span).hex)".utf8
            )
            guard let signature = try? key.sign(message.span) else { return }
            draft.data = EventData(body)
            draft.falSignature = Hex.encode(signature.span)
        }
        #expect(try journal.verify().failureCount == 0)
        try journal.change { $0[0] = $0[0].resealed("\"data_base64\":\"bm", "\"data_base64\":\"bn") }
        #expect(try journal.verify().counts == [.unknownKey: 1])
        try journal.change { $0[1] = $0[1].resealed("\"data_base64\":\"bm", "\"data_base64\":\"b!") }
        #expect(try journal.verify().counts == [.unknownKey: 1, .notAnEvent: 1])
    }

    @Test func asManyFailuresAreKeptAsWereAskedForAndAllAreCounted() throws {
        let journal = try SignedJournal(events: 12)
        try journal.change { lines in
            for index in [1, 4, 7] { lines[index].flip("falcon dives") }
            lines.remove(at: 9)
        }
        for (failuresMax, kept) in [(0, 0), (1, 1), (3, 3), (4, 4), (5, 4)] {
            let result = try journal.verify(failuresMax: failuresMax)
            #expect(result.failures.count == kept)
            #expect(result.counts == [.damaged: 3, .missing: 1])
        }
        let all = try journal.verify(keys: [SignedJournal.key(8)], failuresMax: 2)
        #expect(all.failures.map(\.ids) == [1...1, 2...2])
        #expect(all.counts[.unknownKey] == 8)
    }

    @Test func aSegmentMissingInTheMiddleIsToldAndOneAtTheBeginningWasDeletedByAge() throws {
        let journal = try SignedJournal(events: 40, segmentBytesMax: 5_000)
        let segments = try journal.segments
        let first = try #require(journal.inspection().segments().dropFirst(1).first?.firstID)
        try FileManager.default.removeItem(atPath: segments[0].string)
        let pruned = try journal.verify()
        #expect(pruned.failureCount == 0)
        #expect(pruned.ids == first...40)
        let files = try journal.inspection().segments()
        try FileManager.default.removeItem(atPath: segments[3].string)
        let torn = try journal.verify()
        #expect(torn.failures.map(\.ids) == [files[2].firstID...files[3].firstID - 1])
        #expect(torn.counts == [.missing: 1])
    }

    @Test func aSegmentThatRetentionDeletesMeanwhileIsNoFailure() throws {
        let journal = try SignedJournal(events: 40, segmentBytesMax: 5_000)
        let verification = try JournalVerification(
            try journal.inspection(),
            keySets: [SignedJournal.keySet(journal.key)],
            failuresMax: 10,
            isBeingWritten: true,
            partBytes: 1_500
        )
        let segments = try journal.segments
        for segment in segments.prefix(2) { try FileManager.default.removeItem(atPath: segment.string) }
        let first = try #require(journal.inspection().segments().first?.firstID)
        let result = try verification.run(workers: 2)
        #expect(result.failureCount == 0)
        #expect(result.segmentsGone == 2)
        #expect(result.ids == first...40)
    }

    @Test func theEndOfARunningServicesJournalMayBeHalfALine() throws {
        let journal = try SignedJournal(events: 6, segmentBytesMax: 3_000)
        let last = try journal.segments.count - 1
        try journal.change(segment: last) { $0[$0.count - 1].removeLast(100) }
        let running = try journal.verify(isBeingWritten: true)
        #expect(running.failureCount == 0)
        #expect(running.bytesBeingWritten > 100)
        #expect(try journal.verify(isBeingWritten: false).counts == [.unfinished: 1])
        // Only the newest segment is written to.
        try journal.change(segment: 0) { $0[$0.count - 1].removeLast(100) }
        #expect(try journal.verify(isBeingWritten: true).counts == [.unfinished: 1])
    }

    @Test func whatARepairPutIntoQuarantineIsNoFailureAnyMoreAndWhatIsLostStays() throws {
        let journal = try SignedJournal(events: 20)
        try journal.change { lines in
            lines[2].flip("falcon dives")
            lines.insert(lines[16], at: 18)
            lines.remove(at: 9)
            lines[lines.count - 1].removeLast(200)
        }
        #expect(try journal.verify().counts == [.damaged: 1, .missing: 1, .duplicateID: 1, .unfinished: 1])
        try journal.repair()
        let repaired = try journal.verify()
        #expect(Self.named(repaired.failures) == ["missing 10"])
        #expect(repaired.quarantinedGaps.map(\.ids) == [3...3, 20...20])
        #expect(repaired.quarantinedGaps.allSatisfy { $0.files.count == 1 })
        #expect(try journal.inspection().plannedRepairs() == [])
    }

    @Test func aMissingNameOfTheJournalIsNoReasonToMistrustItsLines() throws {
        let journal = try SignedJournal(events: 3)
        try FileManager.default.removeItem(atPath: journal.folder.appending("ID").string)
        #expect(try journal.verify().failureCount == 0)
    }
}
