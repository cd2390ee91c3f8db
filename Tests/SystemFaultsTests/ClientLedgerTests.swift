import Testing

@testable import falconer_faults

@Suite struct ClientLedgerTests {
    private static let digest = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ClientLedger.Entry.sent(id: "run-1", digest: digest),
        .acknowledged(id: "run-1", sequence: 42, digest: digest),
    ])
    func whatIsWrittenIsReadBack(_ entry: ClientLedger.Entry) {
        #expect(ClientLedger.Entry(line: entry.line) == entry)
    }

    @Test(arguments: [
        "", "SENT", "SENT run-1", "SENT run-1 0a0a", "ACK run-1 42", "ACK run-1 x \(digest)",
        "[    0.3] SENT run-1 \(digest)", "SENT  run-1 \(digest)", "SENT run-1 \(digest.uppercased())",
        "ACK run-1 42 \(digest.dropLast())", "DONE run-1 \(digest)",
    ])
    func whatAConsoleSaysBesideIsNoEntry(_ line: String) {
        #expect(ClientLedger.Entry(line: line) == nil)
    }

    @Test func anAcknowledgementOfWhatWasNotSentIsAContradiction() {
        var ledger = ClientLedger()
        ledger.note(.acknowledged(id: "a", sequence: 1, digest: Self.digest))
        #expect(ledger.contradictions.count == 1)
    }

    @Test func theHooksAnswerIsRead() {
        let stored = HookBody(Array("{\"status\":\"stored\",\"id\":\"42\"}".utf8))
        #expect(stored.status == "stored")
        #expect(stored.sequence == 42)
        #expect(HookBody(Array("{\"status\":\"stored\"}".utf8)).sequence == nil)
        #expect(HookBody(Array("{\"status\":\"stored\",\"id\":42}".utf8)).sequence == nil)
        #expect(HookBody([]).status == nil)
    }
}
