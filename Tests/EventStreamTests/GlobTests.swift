import Testing

@testable import EventStream

@Suite struct GlobTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "", false), ("*", "", true), ("*", "anything/at.all", true),
        ("xai/*", "xai/video", true), ("xai/*", "xai", false), ("*.failed", "fal.request.failed", true),
        ("*.failed", "fal.request.failed.x", false), ("a*b*c", "abc", true), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "acb", false), ("**", "x", true), ("a*", "a", true), ("a*a", "a", false), ("*aab", "aaaab", true),
        ("ü*", "über", true), ("a.c", "abc", false), ("[a]", "a", false), ("?", "a", false),
    ])
    func aPatternMatchesTheWholeText(_ pattern: String, _ text: String, _ matches: Bool) throws {
        let bytes = Array("--\(text)--".utf8)
        #expect(try #require(Glob(pattern)).matches(bytes[2..<bytes.count - 2]) == matches)
    }

    @Test func patternsAreBounded() {
        #expect(Glob("") == nil)
        #expect(Glob(String(repeating: "a", count: Glob.bytesMax)) != nil)
        #expect(Glob(String(repeating: "a", count: Glob.bytesMax + 1)) == nil)
    }

    @Test func aPatternMadeToBeSlowIsNot() throws {
        let glob = try #require(Glob(String(repeating: "*a", count: 250) + "b"))
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 4_000)
        let begin = ContinuousClock.now
        #expect(!glob.matches(text[...]))
        #expect(ContinuousClock.now - begin < .seconds(1))
    }
}
