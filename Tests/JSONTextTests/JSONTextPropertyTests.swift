import FoundationEssentials
import JSONText
import Testing

@Suite("Properties over many texts")
struct JSONTextPropertyTests {
    @Test("what is written is read back, on one line", arguments: 0..<0x30 as Range<UInt32>)
    func writing(block: UInt32) throws {
        var text = ""
        for value in stride(from: block * 0x60, to: (block + 1) * 0x60, by: 1) {
            Unicode.Scalar(value).map { text.unicodeScalars.append($0) }
        }
        text += "\"\\/😀\u{10FFFF}"
        var bytes: [UInt8] = []
        JSONText.appendString(text, to: &bytes)
        let summary = try JSONText.validate(bytes.span)
        #expect(summary.isSingleLine)
        #expect(!bytes.contains { $0 < 0x20 })
        let decoded = try JSONText.string(summary.value, in: bytes.span)
        #expect(decoded.utf8.elementsEqual(text.utf8))
        #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
    }

    @Test("twenty thousand mutated texts crash nothing and get the system parser's verdict")
    func mutations() {
        let seeds = [
            #"{"error": null, "gateway_request_id": "5057fca7", "payload": {"seed": 17454220438242315174, "t": [false]}}"#,
            #"[1.5e+3,-0,true,null,"é😀\u00e9\n\"x\"01234567",{"b":{"c":false}}]"#,
            #"{"a":[[[[{"x":"\ud83d\ude00"}]]]],"b":"日本語の長いテキスト","c":-12.5E-2}"#,
        ].map { Array($0.utf8) }
        let alphabet =
            Array(#"{}[]",:\u0123456789eE+-.tfn "#.utf8) + [0, 0x0A, 0x0D, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        var random = SeededRandom(state: 0x5EED)
        var valid = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                case 2 where bytes.count > 1: bytes.remove(at: at)
                default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            // A lone surrogate is grammatical, and the system's parser cannot represent it; a zero byte makes it guess
            // at UTF-16.
            let isComparable = !bytes.contains(UInt8(ascii: "\\")) && !bytes.contains(0)
            let summary: JSONTextSummary
            do {
                summary = try JSONText.validate(bytes.span)
            } catch {
                // The system's parser looks at the inside of strings and numbers later, or not at all.
                let isStructural = [.unexpectedByte, .unexpectedEnd, .trailingBytes].contains(error.code)
                let isInNumber = error.offset < bytes.count && "0123456789+-.eE".utf8.contains(bytes[error.offset])
                if isComparable, isStructural, !isInNumber {
                    #expect(!systemParserAccepts(bytes), "round \(round): \(String(decoding: bytes, as: UTF8.self))")
                }
                continue
            }
            valid += 1
            #expect(String(validating: bytes, as: UTF8.self) != nil, "round \(round)")
            #expect(summary.value.range.upperBound <= bytes.count)
            touchEverything(summary.value, in: bytes)
            if isComparable {
                #expect(systemParserAccepts(bytes), "round \(round): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(valid > 1_000)
    }

    private func touchEverything(_ value: JSONValueSlice, in bytes: [UInt8]) {
        switch value.kind {
        case .object:
            for member in (try? JSONText.members(of: value, in: bytes.span)).map(Array.init) ?? [] {
                touchEverything(member.value, in: bytes)
            }
        case .array:
            for element in (try? JSONText.elements(of: value, in: bytes.span)) ?? [] {
                touchEverything(element, in: bytes)
            }
        case .string: _ = try? JSONText.string(value, in: bytes.span)
        case .number: _ = JSONText.integer(value, in: bytes.span)
        case .boolean, .null: _ = JSONText.boolean(value, in: bytes.span)
        }
    }

    private func systemParserAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil
    }
}

/// Any JSON value, walked by the system's parser.
private struct Anything: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Name.self) {
            for key in object.allKeys { _ = try object.decode(Anything.self, forKey: key) }
        } else if var array = try? decoder.unkeyedContainer() {
            while !array.isAtEnd { _ = try array.decode(Anything.self) }
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated (splitmix64).
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
