import Testing

@testable import FalQueue

/// Regular expressions of documents: bounded whatever they are, and passed over where they are not understood.
@Suite struct SchemaPatternTests {
    @Test(arguments: [
        ("^#[0-9a-f]{6}$", ["#00ff00"], ["green", "#00ff0", "#00ff000"]),
        ("b", ["abc", "b"], ["", "ac"]),
        ("", ["", "x"], []),
        ("^$", [""], ["x"]),
        ("^(cat|dog)s?$", ["cat", "dogs"], ["cow", "catss"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
        (#"^\d+(?:\.\d+)?$"#, ["1", "12.5"], ["1.", ".5", "x"]),
        (#"^(https?|data):"#, ["https://a", "http://a", "data:image/png;base64,x"], ["ftp://a", "a.png"]),
        (#"^[\w.\-]+@[^@\s]+$"#, ["a.b-c@d"], ["a@", "a b@c", "a@b@c"]),
        ("^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]),
        ("^a{2,}$", ["aa", "aaaaa"], ["a"]),
        ("^(a{0}b*?)+$", ["", "b", "bbb"], ["a"]),
        (#"^\x41\u00e4\.$"#, ["Aä."], ["Aäx"]),
        ("^[]$|^.$", ["x"], ["", "xy"]),
        (#"^\S\W\D$"#, ["a b", "äöü"], ["aab"]),
        ("^[^a-c]$", ["d", "ä"], ["b", ""]),
        ("^(a*)*$", ["", "aaa"], ["b"]),
    ])
    func whatItFitsIsFound(source: String, good: [String], bad: [String]) throws {
        let pattern = try #require(SchemaPattern(source))
        for text in good { #expect(pattern.isFound(in: text), "\(text)") }
        for text in bad { #expect(!pattern.isFound(in: text), "\(text)") }
    }

    @Test(arguments: [
        "(?=a)b", "(?<!a)b", "(?<name>a)", #"(a)\1"#, #"\bword\b"#, #"\p{L}"#, "(?i)a", "a++", "a**", "^*", "(", ")",
        "[",
        "[z-a]", "[a-\\d]", "a{3,2}", "{1}", "a{", "a{x}", "*", "\\", #"\u00"#, #"\ud800"#, #"\x+1"#, "[[a]&&b]",
        "[&&a]",
    ])
    func whatIsNotUnderstoodRefusesNothing(source: String) throws {
        #expect(SchemaPattern(source) == nil)
        let quoted = source.replacing("\\", with: "\\\\")
        let document = try ModelDocumentTests.document(#""v":{"type":"string","pattern":"\#(quoted)"}"#)
        #expect(ModelDocumentTests.errors(document, #"{"v":"anything"}"#) == [])
        #expect(ModelDocumentTests.errors(document, #"{"v":1}"#) == ["v"])
    }

    @Test func anExpressionThatKeepsOtherEnginesBusyIsSoonDone() throws {
        let text = String(repeating: "a", count: 2_000) + "!"
        for source in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){12}$", "(x+x+)+y"] {
            let pattern = try #require(SchemaPattern(source))
            let began = ContinuousClock.now
            #expect(!pattern.isFound(in: text))
            #expect(began.duration(to: .now) < .seconds(5))
        }
    }

    @Test func everyLimitIsKept() {
        let longest = String(repeating: "a", count: SchemaPattern.lengthMax - 1)
        #expect(SchemaPattern(longest) != nil)
        #expect(SchemaPattern(String(repeating: "|", count: SchemaPattern.lengthMax + 1)) == nil)
        #expect(SchemaPattern("a{\(SchemaPattern.statesMax - 1)}") != nil)
        #expect(SchemaPattern("a{\(SchemaPattern.statesMax + 1)}") == nil)
        #expect(SchemaPattern("(((){999999}){999999}){999999}") == nil)
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(SchemaPattern(nested(PatternParser.groupsMax)) != nil)
        #expect(SchemaPattern(nested(PatternParser.groupsMax + 1)) == nil)
    }

    @Test(arguments: [(SchemaCheck.patternTextMax, ["v"]), (SchemaCheck.patternTextMax + 1, [])])
    func aTextTooLongForPatternsIsLeftToFal(count: Int, fields: [String]) throws {
        let document = try ModelDocumentTests.document(#""v":{"type":"string","pattern":"b"}"#)
        let text = String(repeating: "a", count: count)
        #expect(ModelDocumentTests.errors(document, #"{"v":"\#(text)"}"#) == fields)
    }
}
