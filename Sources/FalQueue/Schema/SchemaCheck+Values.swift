extension SchemaCheck {
    /// The longest text that a pattern is held against, characters.
    static let patternTextMax = 10_000

    private static let knownTypes: Set<String> = ["string", "boolean", "array", "object", "null", "number", "integer"]

    /// The types that a schema names.
    func types(_ schema: SchemaNode) -> [String] {
        switch schema["type"] {
        case .string(let type)?: [type]
        case .array(let types)?: types.compactMap(\.text)
        default: []
        }
    }

    /// What is wrong with the kind of a value; nil when nothing is, or when a type is not one of JSON's.
    func typeComplaint(about value: SchemaNode, _ schema: SchemaNode) -> String? {
        let types = types(schema)
        guard !types.isEmpty, types.allSatisfy(Self.knownTypes.contains) else { return nil }
        let fits = types.contains { type in
            switch (type, value) {
            case ("string", .string), ("boolean", .boolean), ("array", .array), ("object", .object), ("null", .null),
                ("number", .number):
                true
            case ("integer", .number): value.isWhole
            default: false
            }
        }
        return fits ? nil : "is \(value.phrase)"
    }

    /// What is wrong with a value of the right kind.
    func complaint(about value: SchemaNode, _ schema: SchemaNode) -> String? {
        if case .array(let choices)? = schema["enum"], work.spend(choices.count),
            !choices.contains(where: { $0.isSame(as: value) })
        {
            return "is \(value.phrase)"
        }
        if let constant = schema["const"], !constant.isSame(as: value) { return "is \(value.phrase)" }
        return switch value {
        case .number: numberComplaint(value, schema)
        case .string(let text): textComplaint(text, schema)
        case .array(let elements): countComplaint(elements, schema)
        default: nil
        }
    }

    private func numberComplaint(_ value: SchemaNode, _ schema: SchemaNode) -> String? {
        guard let number = value.double else { return nil }
        let range = SchemaText.Bounds(schema)
        let isBelow = range.lower.map { range.isLowerExcluded ? number <= $0 : number < $0 } ?? false
        let isAbove = range.upper.map { range.isUpperExcluded ? number >= $0 : number > $0 } ?? false
        if isBelow || isAbove { return "is \(value.phrase)" }
        if let step = schema["multipleOf"]?.double, step > 0 {
            let ratio = number / step
            if abs(ratio - ratio.rounded()) > 1e-9 * max(1, abs(ratio)) { return "is \(value.phrase)" }
        }
        return nil
    }

    private func textComplaint(_ text: String, _ schema: SchemaNode) -> String? {
        let count = text.unicodeScalars.count
        if let least = schema["minLength"]?.integer, count < least { return count == 0 ? "is empty" : "is too short" }
        if let most = schema["maxLength"]?.integer, count > most { return "is too long: \(count) characters" }
        // Any URL will do, data: included; what has no scheme is none (RFC 3986 §3.1).
        if schema["format"]?.text == "uri", !Self.hasScheme(text) { return "is \(SchemaNode.string(text).phrase)" }
        // A pattern that is not understood here is passed over: fal will look at it.
        guard let source = schema["pattern"]?.text, count <= Self.patternTextMax,
            let pattern = SchemaPattern(source), work.spend(1 + pattern.stateCount * (count + 1) / 100),
            !pattern.isFound(in: text)
        else { return nil }
        return "is \(SchemaNode.string(text).phrase)"
    }

    private static func hasScheme(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), let first = text.utf8.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
        return isLetter(first)
            && text.utf8[..<colon].allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
    }

    private func countComplaint(_ elements: [SchemaNode], _ schema: SchemaNode) -> String? {
        if let least = schema["minItems"]?.integer, elements.count < least { return "has only \(elements.count)" }
        if let most = schema["maxItems"]?.integer, elements.count > most { return "has \(elements.count)" }
        if schema["uniqueItems"]?.isTrue == true, Set(elements).count < elements.count { return "has one twice" }
        return nil
    }
}
