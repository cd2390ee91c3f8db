/// The unguessable part of a webhook URL that says which submission a callback belongs to.
///
/// With it a callback is matched even when it comes before fal's answer to the submission, or when that answer was
/// lost.
package struct HookToken: Hashable, Sendable {
    /// The token as it stands in the URL's path: 32 lower-case hex digits.
    package let text: String

    /// The random bytes a token is made of.
    package static let randomByteCount = 16

    /// Makes a token of ``randomByteCount`` random bytes.
    package init(random: [UInt8]) {
        precondition(random.count == Self.randomByteCount, "a token takes \(Self.randomByteCount) random bytes")
        text = random.map(lowerCaseHex).joined()
    }

    /// Takes a token as a URL or the journal has it; any text will do, for an unknown one matches nothing.
    package init(text: String) {
        self.text = text
    }
}
