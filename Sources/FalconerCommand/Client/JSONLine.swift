import FoundationEssentials
import JSONText

/// One line from the service, an event or a frame, as JSON to look into; what kind it is, `StreamLine` knows.
struct JSONLine {
    /// The line as it came, without its line feed.
    let bytes: [UInt8]
    private let members: JSONObjectMembers

    /// Reads a line; nil when it is no JSON object.
    init?(_ bytes: [UInt8]) {
        guard let members = try? JSONText.members(of: bytes.span, depthMax: JSONText.envelopeDepthMax) else {
            return nil
        }
        self.bytes = bytes
        self.members = members
    }

    /// What kind of frame it is; nil for an event.
    var frame: String? { string("frame") }

    /// The text of a member, for people: a control character, which a terminal would obey, is shown as a replacement.
    ///
    /// Nil when it is missing or no string.
    func string(_ name: String) -> String? {
        guard let slice = members.value(of: name) else { return nil }
        guard let text = try? JSONText.string(slice, in: bytes.span) else { return nil }
        let isHarmful: (Unicode.Scalar) -> Bool = { scalar in
            [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmful($0) ? "\u{FFFD}" : $0 }))
    }

    /// What an event carries, if that is a JSON object, whether the line holds it verbatim or in base 64.
    var data: JSONLine? {
        if let object = object("data") { return object }
        return string("data_base64").flatMap { Data(base64Encoded: $0) }.flatMap { JSONLine(Array($0)) }
    }

    /// The bytes of a member's value, whatever it is.
    func raw(_ name: String) -> [UInt8]? {
        members.value(of: name).map { Array(bytes[$0.range]) }
    }

    /// A member that is an object, to look into.
    func object(_ name: String) -> JSONLine? {
        raw(name).flatMap(JSONLine.init)
    }

    /// The elements of a member that is an array of objects.
    func objects(_ name: String) -> [JSONLine] {
        guard let slice = members.value(of: name), slice.kind == .array,
            let elements = try? JSONText.elements(of: slice, in: bytes.span)
        else { return [] }
        return elements.compactMap { JSONLine(Array(bytes[$0.range])) }
    }

    /// The elements of a member that is an array of texts.
    func strings(_ name: String) -> [String] {
        guard let slice = members.value(of: name), slice.kind == .array,
            let elements = try? JSONText.elements(of: slice, in: bytes.span)
        else { return [] }
        return elements.compactMap { try? JSONText.string($0, in: bytes.span) }
    }

    /// A member that is a whole number.
    func integer(_ name: String) -> Int? {
        members.value(of: name).flatMap { JSONText.integer($0, in: bytes.span) }
    }

    /// The names and the whole numbers of a member that is an object of such.
    func counts(_ name: String) -> [(String, Int)] {
        guard let object = object(name) else { return [] }
        return object.members.compactMap { member in
            guard let name = member.name, let value = JSONText.integer(member.value, in: object.bytes.span) else {
                return nil
            }
            return (name, value)
        }
    }
}
