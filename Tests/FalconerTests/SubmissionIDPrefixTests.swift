import Testing

@testable import Falconer

@Suite struct SubmissionIDPrefixTests {
    private let text = "019ad3f1-7c0e-7abc-8def-0123456789ab"

    @Test func everyBeginningOfFourCharactersAndMoreMatches() throws {
        let id = try #require(SubmissionID(text))
        for count in SubmissionIDPrefix.charactersMin...36 {
            let prefix = try #require(SubmissionIDPrefix(String(text.prefix(count))))
            #expect(prefix.matches(id), "\(count)")
            #expect(SubmissionIDPrefix(text.prefix(count).uppercased())?.matches(id) == true)
        }
        #expect(SubmissionIDPrefix("019ad3f2")?.matches(id) == false)
        #expect(SubmissionIDPrefix("019ad3f1-7c0e-7abc-8def-0123456789ac")?.matches(id) == false)
    }

    @Test(arguments: ["", "019", "019ad3f17c0e", "019ad3g", "019ad3f1_7c", "019ad3f1-7c0e-7abc-8def-0123456789ab0"])
    func otherTextsAreNone(text: String) {
        #expect(SubmissionIDPrefix(text) == nil)
    }
}
