import JSONText

/// An object inside a JSON text, read by name; what is missing or of another kind is nil.
///
/// For answers of fal's, which are read as leniently as is safe: fields come and go between its versions.
struct JSONObjectReader {
    private let bytes: [UInt8]
    private let members: JSONObjectMembers

    /// Reads a text that is one object; nil for any other.
    init?(_ bytes: [UInt8]) {
        guard let members = try? JSONText.members(of: bytes.span) else { return nil }
        self.bytes = bytes
        self.members = members
    }

    private init?(_ slice: JSONValueSlice, in bytes: [UInt8]) {
        guard let members = try? JSONText.members(of: slice, in: bytes.span) else { return nil }
        self.bytes = bytes
        self.members = members
    }

    /// A string's text.
    func string(_ name: String) -> String? {
        members.value(of: name).flatMap { try? JSONText.string($0, in: bytes.span) }
    }

    /// An integer that fits in 64 bits.
    func integer(_ name: String) -> Int? {
        members.value(of: name).flatMap { JSONText.integer($0, in: bytes.span) }
    }

    /// A number as the nearest `Double`.
    func double(_ name: String) -> Double? {
        guard let slice = members.value(of: name), slice.kind == .number else { return nil }
        return Double(String(decoding: bytes[slice.range], as: UTF8.self))
    }

    /// An object.
    func object(_ name: String) -> JSONObjectReader? {
        members.value(of: name).flatMap { JSONObjectReader($0, in: bytes) }
    }

    /// The objects in an array, without what is no object.
    func objects(_ name: String) -> [JSONObjectReader]? {
        elements(name)?.compactMap { JSONObjectReader($0, in: bytes) }
    }

    /// The elements of an array as text: strings decoded, everything else as it is written.
    func texts(_ name: String) -> [String]? {
        elements(name)?.map { slice in
            (try? JSONText.string(slice, in: bytes.span)) ?? String(decoding: bytes[slice.range], as: UTF8.self)
        }
    }

    /// A value of any kind as it is written.
    func raw(_ name: String) -> [UInt8]? {
        members.value(of: name).map { Array(bytes[$0.range]) }
    }

    private func elements(_ name: String) -> [JSONValueSlice]? {
        members.value(of: name).flatMap { try? JSONText.elements(of: $0, in: bytes.span) }
    }
}
