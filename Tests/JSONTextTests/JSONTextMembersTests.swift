import JSONText
import Testing

@Suite("Members, elements and values")
struct JSONTextMembersTests {
    @Test("members are found with their exact bytes")
    func members() throws {
        let text =
            #" { "status" : "OK" , "payload":{"request_id":"inner","a":[1,{}]},"request_id":"r-1", "n":18446744073709551616 } "#
        let bytes = Array(text.utf8)
        let members = try JSONText.members(of: bytes.span)
        func source(_ name: String) -> String? {
            members.value(of: name).map { String(decoding: bytes[$0.range], as: UTF8.self) }
        }
        #expect(members.map(\.name) == ["status", "payload", "request_id", "n"])
        #expect(members.map(\.value.kind) == [.string, .object, .string, .number])
        #expect(source("status") == #""OK""#)
        #expect(source("payload") == #"{"request_id":"inner","a":[1,{}]}"#)
        #expect(source("request_id") == #""r-1""#)
        #expect(source("n") == "18446744073709551616")
        #expect(source("a") == nil)
        #expect(members.isSingleLine)
        #expect(bytes[members.object.range].first == UInt8(ascii: "{"))
        #expect(members.map { String(decoding: bytes[$0.nameRange], as: UTF8.self) }.first == #""status""#)
    }

    @Test("an escaped name is the name it stands for, and repeated names are counted")
    func names() throws {
        let bytes = Array(#"{"request\u005fid":1,"request_id":2,"é":3,"e\u0301":4,"\ud800":5}"#.utf8)
        let members = try JSONText.members(of: bytes.span)
        #expect(members.count(of: "request_id") == 2)
        #expect(members.value(of: "request_id")?.range == members[0].value.range)
        #expect(members.count(of: "\u{e9}") == 1)
        #expect(members.count(of: "e\u{301}") == 1)
        #expect(members[4].name == nil)
        #expect(members.hasRepeatedName)
        #expect(try !JSONText.members(of: Array(#"{"é":3,"e\u0301":4}"#.utf8).span).hasRepeatedName)
    }

    @Test("objects and arrays inside can be listed too")
    func nested() throws {
        let bytes = Array(#"{"keys":[{"x":"a"}, {"x":"b","y":[]} ,3,[4,5]]}"#.utf8)
        let keys = try #require(try JSONText.members(of: bytes.span).value(of: "keys"))
        let elements = try JSONText.elements(of: keys, in: bytes.span)
        #expect(elements.map(\.kind) == [.object, .object, .number, .array])
        let second = try JSONText.members(of: elements[1], in: bytes.span)
        #expect(try JSONText.string(try #require(second.value(of: "x")), in: bytes.span) == "b")
        #expect(try JSONText.elements(of: elements[3], in: bytes.span).count == 2)
        #expect(throws: JSONTextError(.wrongKind, at: elements[2].range.lowerBound)) {
            try JSONText.members(of: elements[2], in: bytes.span)
        }
        #expect(throws: JSONTextError.self) { try JSONText.elements(of: elements[0], in: bytes.span) }
    }

    @Test("a text that is no object has no members, and one that is broken late has none either")
    func noObject() {
        #expect(throws: JSONTextError(.wrongKind, at: 1)) { try JSONText.members(of: Array(" [1]".utf8).span) }
        #expect(throws: JSONTextError(.trailingBytes, at: 7)) {
            try JSONText.members(of: Array(#"{"a":1}x"#.utf8).span)
        }
    }

    @Test("lists end at their limit; validation has none")
    func listLimit() throws {
        func text(_ count: Int) -> [UInt8] {
            Array(("[" + Array(repeating: "0", count: count).joined(separator: ",") + "]").utf8)
        }
        let full = text(JSONText.membersMax)
        let value = try JSONText.validate(full.span).value
        #expect(try JSONText.elements(of: value, in: full.span).count == JSONText.membersMax)
        let over = text(JSONText.membersMax + 1)
        let overValue = try JSONText.validate(over.span).value
        #expect(throws: JSONTextError(.tooManyMembers, at: 1 + 2 * JSONText.membersMax)) {
            try JSONText.elements(of: overValue, in: over.span)
        }
    }

    @Test(
        "line ends between tokens are seen, escaped ones inside strings are not line ends",
        arguments: [
            (#"{"a":"\n\r"}"#, true), ("{\"a\":\n1}", false), ("{}\n", false), ("\r{}", false), ("[1,\t2]", true),
            ("[1\n,2]", false), ("[\n]", false), ("{\n}", false), ("{\"a\"\n:1}", false),
        ]
    )
    func singleLine(text: String, expected: Bool) throws {
        #expect(try JSONText.validate(Array(text.utf8).span).isSingleLine == expected)
    }

    @Test(
        "strings are decoded",
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0041\u00e9\u65e5""#, "Aé日"), (#""x\uD83D\uDE00y""#, "x😀y"), (#""\udbff\udfff""#, "\u{10FFFF}"),
            (#""\u0000""#, "\0"), ("\"é日😀\"", "é日😀"),
        ]
    )
    func strings(text: String, expected: String) throws {
        let bytes = Array(text.utf8)
        #expect(try JSONText.string(try JSONText.validate(bytes.span).value, in: bytes.span) == expected)
    }

    @Test(
        "half a surrogate pair is valid JSON and no string",
        arguments: [
            (#""\ud800""#, 1), (#""a\ud83dx""#, 2), (#""\ude00""#, 1), (#""\ud83d\ud83d""#, 1), (#""\ud83d\n""#, 1),
            (#""\ud83d\u0041""#, 1),
        ]
    )
    func loneSurrogates(text: String, offset: Int) throws {
        let bytes = Array(text.utf8)
        let value = try JSONText.validate(bytes.span).value
        #expect(throws: JSONTextError(.loneSurrogate, at: offset)) { try JSONText.string(value, in: bytes.span) }
    }

    @Test(
        "integers are read when they are written as such and fit",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("17454220438242315174", nil), ("1.0", nil),
            ("1e3", nil), ("\"1\"", nil), ("null", nil),
        ] as [(String, Int?)]
    )
    func integers(text: String, expected: Int?) throws {
        let bytes = Array(text.utf8)
        #expect(JSONText.integer(try JSONText.validate(bytes.span).value, in: bytes.span) == expected)
    }

    @Test("booleans are read")
    func booleans() throws {
        for (text, expected) in [("true", true), ("false", false), ("null", nil), ("1", nil)] as [(String, Bool?)] {
            let bytes = Array(text.utf8)
            #expect(JSONText.boolean(try JSONText.validate(bytes.span).value, in: bytes.span) == expected)
        }
    }
}
