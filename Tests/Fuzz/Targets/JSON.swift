import FoundationEssentials
import JSONText

/// The scanner's verdict, ranges and texts are those of a reader of another kind, and of the system's parser.
func checkJSON(_ bytes: [UInt8]) throws(Violation) {
    for depthMax in [4, JSONText.depthMax] {
        let oracle = JSONOracle(bytes, depthMax: depthMax)
        let summary = try? JSONText.validate(bytes.span, depthMax: depthMax)
        try require(summary?.value.range == oracle.value, "valid at \(String(describing: summary?.value.range))")
        let members = try? JSONText.members(of: bytes.span, depthMax: depthMax)
        try require((members != nil) == (summary?.value.kind == .object), "members are listed of an object only")
        if let members {
            try require(members.map(\.nameRange) == oracle.members.map(\.name), "names stand elsewhere")
            try require(members.map(\.value.range) == oracle.members.map(\.value), "values stand elsewhere")
        }
    }
    guard let summary = try? JSONText.validate(bytes.span) else { return }
    let breaks = bytes.contains { $0 == 0x0A || $0 == 0x0D }
    try require(summary.isSingleLine == !breaks, "isSingleLine is \(summary.isSingleLine)")
    try check(summary.value, in: bytes)
    try compareWithSystem(bytes)
}

/// Every value is one by itself, and a string is read back from what is written of it.
private func check(_ value: JSONValueSlice, in bytes: [UInt8]) throws(Violation) {
    let alone = Array(bytes[value.range])
    let summary = try? JSONText.validate(alone.span, depthMax: 256)
    try require(summary?.value == JSONValueSlice(kind: value.kind, range: 0..<alone.count), "a value is none by itself")
    switch value.kind {
    case .object:
        let members = try require(try? JSONText.members(of: value, in: bytes.span), "an object has no members")
        for member in members {
            try check(JSONValueSlice(kind: .string, range: member.nameRange), in: bytes)
            try check(member.value, in: bytes)
        }
    case .array:
        let elements = try require(try? JSONText.elements(of: value, in: bytes.span), "an array has no elements")
        for element in elements { try check(element, in: bytes) }
    case .string:
        guard let text = try? JSONText.string(value, in: bytes.span) else {
            let escapes = String(decoding: alone, as: UTF8.self).lowercased()
            try require(escapes.contains(#"\ud"#), "a string is no text and holds no surrogate")
            return
        }
        var written: [UInt8] = []
        JSONText.appendString(text, to: &written)
        let whole = JSONValueSlice(kind: .string, range: 0..<written.count)
        let read = try? JSONText.string(whole, in: written.span)
        try require(read?.utf8.elementsEqual(text.utf8) == true, "a string is another after writing and reading")
    case .number:
        let integer = JSONText.integer(value, in: bytes.span)
        try require(integer == wholeNumber(alone), "a number is \(String(describing: integer))")
    case .boolean, .null: break
    }
}

/// What a number that is written as an integer is.
private func wholeNumber(_ digits: [UInt8]) -> Int? {
    digits.contains { ".eE".utf8.contains($0) } ? nil : Int(String(decoding: digits, as: UTF8.self))
}

/// What is valid, the system's parser takes too, unless it holds half a surrogate pair, a zero or too large a number.
private func compareWithSystem(_ bytes: [UInt8]) throws(Violation) {
    guard bytes.count <= 1_024, !bytes.contains(0) else { return }
    guard (try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes))) == nil else { return }
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    try require(text.contains(#"\ud"#), "the system's parser refuses it")
}

/// Any JSON, each string of it decoded.
private struct AnyJSON: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Name.self) {
            for name in members.allKeys { _ = try members.decode(AnyJSON.self, forKey: name) }
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            while !elements.isAtEnd { _ = try elements.decode(AnyJSON.self) }
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() || (try? value.decode(Bool.self)) != nil { return }
        do {
            _ = try value.decode(String.self)
        } catch DecodingError.typeMismatch {
            // A number: how large it may be is each reader's own affair.
        }
    }
}
