import JSONText
import Testing

@Suite("The grammar of RFC 8259")
struct JSONTextGrammarTests {
    @Test(
        "what the RFC allows is valid",
        arguments: [
            "{}", "[]", "\"\"", "0", "-0", "null", "true", "false", " \t\r\n1\r\n\t ", "[[],{}]", "1e5", "1E+5",
            "1e-05",
            "-0.0e-0", "10.01", "123456789012345678901234567890", "1e999999", "\"\u{7f}\"", "\"\u{2028}\"",
            #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, #""\ud800""#, #"{"":{"":[1,"2",null,true,{"a":[]}]}}"#,
            #"{"a":1,"a":2}"#, "\"ééééé日本語😀\"", "\"01234567\"", "\"0123456789abcdef\"",
            "\"\u{10FFFF}\u{0080}\u{0800}\"",
        ]
    )
    func valid(text: String) throws {
        let summary = try JSONText.validate(Array(text.utf8).span)
        #expect(summary.isSingleLine == !(text.contains { $0.isNewline && $0 != "\u{2028}" }))
    }

    @Test("every byte in every place of a string is seen for what it is", arguments: 1...19)
    func bytesOfAString(count: Int) {
        for place in 0..<count {
            for byte in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
                text[place] = byte
                let isPlain = 0x20..<0x80 ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                let whole = Array("[\"".utf8) + text + Array("\"]".utf8)
                #expect(((try? JSONText.validate(whole.span)) != nil) == isPlain, "\(byte) at \(place) of \(count)")
                // And escaped, where that is needed.
                guard byte < 0x80 else { continue }
                var escaped: [UInt8] = []
                JSONText.appendString(String(decoding: text, as: UTF8.self), to: &escaped)
                #expect((escaped.count == count + 2) == isPlain, "\(byte) at \(place) of \(count)")
            }
        }
    }

    @Test(
        "what the RFC forbids is refused at the first offending byte",
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("\"abc", .unexpectedEnd, 4), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1),
            ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3),
            (#""\"#, .unexpectedEnd, 2), (#""\u12"#, .unexpectedEnd, 5), (#"{"a""#, .unexpectedEnd, 4),
            (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1,"#, .unexpectedEnd, 7),
            ("01", .invalidNumber, 1), ("-01", .invalidNumber, 2), ("-a", .invalidNumber, 1),
            ("1.e5", .invalidNumber, 2),
            ("1ee5", .invalidNumber, 2), ("1e5.5", .trailingBytes, 3), (".5", .unexpectedByte, 0),
            ("+1", .unexpectedByte, 0), ("0x10", .trailingBytes, 1), ("NaN", .unexpectedByte, 0),
            ("Infinity", .unexpectedByte, 0), ("-Infinity", .invalidNumber, 1), ("nulL", .unexpectedByte, 3),
            ("truE", .unexpectedByte, 3), ("nullx", .trailingBytes, 4), ("1 2", .trailingBytes, 2),
            ("{}{}", .trailingBytes, 2), ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1),
            ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2), (#"{"a":1]"#, .unexpectedByte, 6),
            (#"{"a":1,}"#, .unexpectedByte, 7), (#"{a:1}"#, .unexpectedByte, 1), (#"{"a" 1}"#, .unexpectedByte, 5),
            (#"{"a"}"#, .unexpectedByte, 4), (#"{1:1}"#, .unexpectedByte, 1), ("'a'", .unexpectedByte, 0),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1),
            ("\"\u{1f}\"", .controlCharacter, 1),
            ("\"abcdefgh\u{1f}bcdefgh\"", .controlCharacter, 9), (#""\x41""#, .invalidEscape, 2),
            (#""\u12G4""#, .invalidEscape, 5), (#""\U0041""#, .invalidEscape, 2), ("\u{FEFF}{}", .byteOrderMark, 0),
            ("{}\u{FEFF}", .trailingBytes, 2), ("\u{A0}1", .unexpectedByte, 0), ("\u{0C}1", .unexpectedByte, 0),
            ("// a\n1", .unexpectedByte, 0), ("]", .unexpectedByte, 0), ("}", .unexpectedByte, 0),
        ] as [(String, JSONTextError.Code, Int)]
    )
    func invalid(text: String, code: JSONTextError.Code, offset: Int) {
        #expect(throws: JSONTextError(code, at: offset)) { try JSONText.validate(Array(text.utf8).span) }
    }

    @Test(
        "bytes that are not UTF-8 are refused inside strings and out",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xE2, 0x82, 0x41], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9F, 0x98, 0x22],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let quoted = Array("[\"12345678".utf8) + bytes + Array("\"]".utf8)
        #expect(throws: JSONTextError(.invalidUTF8, at: 10)) { try JSONText.validate(quoted.span) }
        #expect(throws: JSONTextError.self) { try JSONText.validate(bytes.span) }
    }

    @Test("every first part of a text is an unexpected end, at its end")
    func truncation() throws {
        let text = Array(#"{"a":[1.5e+3,-0,true,null,"é😀\u00e9\n\"x\"01234567"],"b":{"c":false}}"#.utf8)
        _ = try JSONText.validate(text.span)
        for length in 0..<text.count {
            let part = Array(text[..<length])
            #expect(throws: JSONTextError(.unexpectedEnd, at: length)) { try JSONText.validate(part.span) }
        }
    }

    @Test("nesting is allowed to the limit and not one deeper", arguments: ["[", "{\"a\":"])
    func depth(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)).utf8)
        }
        _ = try JSONText.validate(nested(JSONText.depthMax).span)
        let offset = JSONText.depthMax * opening.utf8.count
        #expect(throws: JSONTextError(.tooDeep, at: offset)) {
            try JSONText.validate(nested(JSONText.depthMax + 1).span)
        }
        _ = try JSONText.validate(nested(JSONText.envelopeDepthMax).span, depthMax: JSONText.envelopeDepthMax)
        _ = try JSONText.validate(nested(256).span, depthMax: 256)
        #expect(throws: JSONTextError.self) { try JSONText.validate(nested(257).span, depthMax: 256) }
        #expect(throws: JSONTextError.self) { try JSONText.validate(nested(100_000).span, depthMax: 256) }
    }

    @Test("a long string is one value")
    func longString() throws {
        let text = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20) + [UInt8(ascii: "\"")]
        let value = try JSONText.validate(text.span).value
        #expect(value == JSONValueSlice(kind: .string, range: 0..<text.count))
    }
}
