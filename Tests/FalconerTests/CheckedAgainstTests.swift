import Testing

@testable import Falconer

/// The digest of the document that a client has checked an input against.
@Suite struct CheckedAgainstTests {
    private func command(_ digest: String) throws -> SubmitCommand {
        try SubmitCommand(
            line: Array(#"{"op":"submit","endpoint":"a/b","input":{},"checked_against":\#(digest)}"#.utf8)
        )
    }

    @Test func itIsADigestOrNothing() throws {
        let digest = String(repeating: "0a", count: SubmitCommand.checkedAgainstBytes / 2)
        #expect(try command("\"\(digest)\"").checkedAgainst == digest)
        #expect(try command("null").checkedAgainst == nil)
        for wrong in ["\"\(digest)0\"", "\"\(digest.dropLast())\"", "\"\(digest.uppercased())\"", "\"\"", "7"] {
            let refusal = #expect(throws: SubmitCommand.Refusal.self) { try command(wrong) }
            #expect(refusal?.code == "bad_request", "\(wrong)")
        }
    }
}
