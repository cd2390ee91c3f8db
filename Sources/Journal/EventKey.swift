import Crypto

/// An id in 16 bytes, whatever its length.
package struct EventKey: Hashable, Sendable {
    /// The first 64 bits.
    package let high: UInt64
    /// The last 64 bits.
    package let low: UInt64

    /// A key by its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The first 128 bits of a text's SHA-256.
    package init(hashing text: String) {
        let bytes = text.utf8Span.span
        let (high, low) = SHA256.prefix(of: bytes)
        self.init(high: high, low: low)
    }

    /// The 128 bits of a UUID in its usual form (RFC 9562, section 4); `nil` for any other text.
    package init?(uuid text: String) {
        self.init(uuid: Array(text.utf8)[...])
    }

    /// The 128 bits of a UUID in its usual form; `nil` for any other bytes.
    init?(uuid text: ArraySlice<UInt8>) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        guard text.count == 36 else { return nil }
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.hexDigit(byte) else { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | digit
        }
        self.init(high: high, low: low)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }
}
