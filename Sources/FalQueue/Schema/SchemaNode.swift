import JSONText

/// A JSON value as a tree, for schemas and for what is checked by them.
///
/// Numbers stay as they are written, so that an integer of any size stays itself.
indirect enum SchemaNode: Sendable, Hashable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([SchemaNode])
    case object([Member])

    /// A key of an object and its value.
    struct Member: Sendable, Hashable {
        let name: String
        let value: SchemaNode
    }

    /// Reads a text; nil when it is no valid JSON, repeats a key, or is nested too deep.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONText.validate(bytes.span) else { return nil }
        self.init(value.value, bytes)
    }

    private init?(_ slice: JSONValueSlice, _ bytes: [UInt8]) {
        switch slice.kind {
        case .null: self = .null
        case .boolean: self = .boolean(JSONText.boolean(slice, in: bytes.span) ?? false)
        case .number: self = .number(String(decoding: bytes[slice.range], as: UTF8.self))
        case .string:
            guard let text = try? JSONText.string(slice, in: bytes.span) else { return nil }
            self = .string(text)
        case .array:
            guard let elements = try? JSONText.elements(of: slice, in: bytes.span) else { return nil }
            var nodes: [SchemaNode] = []
            for element in elements {
                guard let node = SchemaNode(element, bytes) else { return nil }
                nodes.append(node)
            }
            self = .array(nodes)
        case .object:
            guard let members = try? JSONText.members(of: slice, in: bytes.span), !members.hasRepeatedName else {
                return nil
            }
            var nodes: [Member] = []
            for member in members {
                guard let name = member.name, let node = SchemaNode(member.value, bytes) else { return nil }
                nodes.append(Member(name: name, value: node))
            }
            self = .object(nodes)
        }
    }

    /// A member of an object.
    subscript(name: String) -> SchemaNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The members of an object; none for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The elements of an array; none for anything else.
    var elements: [SchemaNode] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The text of a string.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number.
    var double: Double? {
        if case .number(let text) = self { Double(text) } else { nil }
    }

    /// The value of a number that fits.
    var integer: Int? {
        if case .number(let text) = self { Int(text) } else { nil }
    }

    /// Whether it is `true`.
    var isTrue: Bool { self == .boolean(true) }

    /// Whether a number has no fraction, `1.0` included, as JSON Schema has it.
    var isWhole: Bool {
        guard case .number(let text) = self else { return false }
        if Int(text) != nil { return true }
        return Double(text).map { $0.isFinite && $0.rounded() == $0 } ?? false
    }

    /// Whether two values are the same, numbers by their value.
    func isSame(as other: SchemaNode) -> Bool {
        switch (self, other) {
        case (.number, .number): double == other.double
        case (.array(let one), .array(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.isSame(as: $1) }
        case (.object(let one), .object(let two)):
            one.count == two.count && Self.areSame(one, two)
        default: self == other
        }
    }

    private static func areSame(_ one: [Member], _ two: [Member]) -> Bool {
        let others = Dictionary(two.map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
        return one.allSatisfy { member in others[member.name].map(member.value.isSame) ?? false }
    }

    /// The value for one line of text, cut where it is long.
    var phrase: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let text): oneLine(text, charactersMax: 40)
        case .string(let text): "\"\(oneLine(text, charactersMax: 40))\""
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        }
    }
}
