package import Journal
package import Posix

/// The id of a submission of ours: a UUID version 7, so that ids sort by the time they were made.
///
/// One that was submitted with an ``IdempotencyKey`` has a UUID version 8, which follows from the key.
/// It exists before fal has given the request an id of its own (RFC 9562, section 5.7).
package struct SubmissionID: Hashable, Sendable, CustomStringConvertible {
    /// The 16 bytes of the UUID.
    package let key: EventKey

    /// The UUID in its usual form, lower case.
    package var text: String {
        var text = ""
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += lowerCaseHex(byte)
        }
        return text
    }

    /// The 16 bytes of the UUID, first to last.
    package var bytes: [UInt8] {
        [key.high, key.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
        }
    }

    /// When the id was made, to the millisecond: its first 48 bits; nil for one that follows from an idempotency key.
    package var time: WallTime? {
        isOfVersion7 ? WallTime(microseconds: Int64(key.high >> 16) * 1_000) : nil
    }

    private var isOfVersion7: Bool { key.high >> 12 & 0xF == 7 }

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
        self.init(bytes: bytes[...])
    }

    /// The id of these 16 bytes.
    init(bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == 16, "a UUID has 16 bytes")
        let halves = [bytes.prefix(8), bytes.suffix(8)].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        self.init(EventKey(high: halves[0], low: halves[1]))
    }

    /// The id of a UUID.
    package init(_ key: EventKey) {
        self.key = key
    }

    /// Takes an id as a person or a journal wrote it, or nothing when it has not the form of a UUID.
    package init?(_ text: String) {
        guard let key = EventKey(uuid: text) else { return nil }
        self.init(key)
    }
}

/// Two lower-case hex digits for a byte.
func lowerCaseHex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
}
