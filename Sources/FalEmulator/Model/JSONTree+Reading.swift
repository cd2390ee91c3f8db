import JSONText

extension JSONTree {
    /// Reads a JSON text; numbers that are written as integers keep every digit.
    ///
    /// Of members of the same name the last counts, at the place of the first, as in Python.
    ///
    /// - Throws: ``JSONTextError`` when it is no JSON or holds a string that is no Unicode text.
    init(_ bytes: [UInt8]) throws(JSONTextError) {
        let summary = try JSONText.validate(bytes.span)
        self = try JSONTree.read(summary.value, in: bytes)
    }

    private static func read(_ slice: JSONValueSlice, in bytes: [UInt8]) throws(JSONTextError) -> JSONTree {
        switch slice.kind {
        case .null: return .null
        case .boolean: return .boolean(JSONText.boolean(slice, in: bytes.span) ?? false)
        case .number: return readNumber(String(decoding: bytes[slice.range], as: UTF8.self))
        case .string: return .string(try JSONText.string(slice, in: bytes.span))
        case .array:
            var elements: [JSONTree] = []
            for element in try JSONText.elements(of: slice, in: bytes.span) {
                elements.append(try read(element, in: bytes))
            }
            return .array(elements)
        case .object:
            return .object(try members(of: slice, in: bytes))
        }
    }

    private static func members(
        of slice: JSONValueSlice,
        in bytes: [UInt8]
    ) throws(JSONTextError) -> [(String, JSONTree)] {
        var members: [(String, JSONTree)] = []
        var places: [[UInt8]: Int] = [:]
        for member in try JSONText.members(of: slice, in: bytes.span) {
            let nameSlice = JSONValueSlice(kind: .string, range: member.nameRange)
            let name = try JSONText.string(nameSlice, in: bytes.span)
            let value = try read(member.value, in: bytes)
            if let place = places[Array(name.utf8)] {
                members[place].1 = value
            } else {
                places[Array(name.utf8)] = members.count
                members.append((name, value))
            }
        }
        return members
    }

    private static func readNumber(_ text: String) -> JSONTree {
        guard text.contains(where: { ".eE".contains($0) }), let value = Double(text), value.isFinite else {
            // Python's int has no negative zero.
            return .number(text == "-0" ? "0" : text)
        }
        return .double(value)
    }
}
