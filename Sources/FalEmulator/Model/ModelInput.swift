import JSONText

/// What the emulated models look at in an input.
struct ModelInput: Sendable {
    /// The most images that one request makes.
    static let imagesMax = 256

    private let bytes: [UInt8]
    private let members: JSONObjectMembers?
    /// Whether the bytes are JSON at all.
    let isJSON: Bool

    /// Looks at a body, whatever it is.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        members = try? JSONText.members(of: bytes.span)
        isJSON = members != nil || (try? JSONText.validate(bytes.span)) != nil
    }

    /// Whether the body is an object.
    var isObject: Bool { members != nil }

    /// The kind of a member; nil when it is not there.
    func kind(of name: String) -> JSONKind? {
        members?.value(of: name)?.kind
    }

    /// A member that is a string.
    func string(_ name: String) -> String? {
        guard let slice = members?.value(of: name) else { return nil }
        return try? JSONText.string(slice, in: bytes.span)
    }

    /// A member that is a whole number.
    func integer(_ name: String) -> Int? {
        guard let slice = members?.value(of: name) else { return nil }
        return JSONText.integer(slice, in: bytes.span)
    }

    /// How many images it asks for, from 1 to ``imagesMax``.
    var imageCount: Int { min(max(integer("num_images") ?? 1, 1), Self.imagesMax) }
}
