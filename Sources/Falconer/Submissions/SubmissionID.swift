package import Posix

/// The id of a submission of ours: a UUID version 7, so that ids sort by the time they were made.
///
/// It exists before fal has given the request an id of its own (RFC 9562, section 5.7).
package struct SubmissionID: Hashable, Sendable, CustomStringConvertible {
    /// The UUID in its usual form, lower case.
    package let text: String

    package var description: String { text }

    /// The random bytes an id is made of.
    package static let randomByteCount = 10

    /// Makes an id.
    ///
    /// - Parameters:
    ///   - time: When it was made; the first 48 bits.
    ///   - random: ``randomByteCount`` random bytes.
    package init(at time: WallTime, random: [UInt8]) {
        precondition(random.count == Self.randomByteCount, "an id takes \(Self.randomByteCount) random bytes")
        let milliseconds = UInt64(clamping: time.microseconds / 1_000)
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * $0)) } + random
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += lowerCaseHex(byte)
        }
        self.text = text
    }

    /// Takes an id as a person or a journal wrote it, or nothing when it has not the form of a UUID.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isDash = [8, 13, 18, 23].contains(index)
            guard isDash ? byte == UInt8(ascii: "-") : isHexDigit(byte) else { return nil }
        }
        self.text = text.lowercased()
    }
}

/// Two lower-case hex digits for a byte.
func lowerCaseHex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
    default: false
    }
}
