/// Base 64 of RFC 4648, decoded strictly: one alphabet, no white space, unused bits zero.
package enum Base64 {
    /// Encodes with `+` and `/`, padded (RFC 4648 §4).
    package static func encode(_ bytes: Span<UInt8>) -> String {
        encode(bytes, Alphabet.standard, padded: true)
    }

    /// Encodes with `-` and `_`, without padding (RFC 4648 §5).
    package static func encodeURL(_ bytes: Span<UInt8>) -> String {
        encode(bytes, Alphabet.url, padded: false)
    }

    /// Decodes with `+` and `/`; padding is required, `nil` for anything that ``encode(_:)`` does not make.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 4) else { return nil }
        return decode(unpadded(text), Alphabet.standard)
    }

    /// Decodes with `-` and `_`, padded or not; half a padding is none, and gives `nil`.
    package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        let digits = unpadded(text)
        guard digits.count == text.utf8.count || text.utf8.count.isMultiple(of: 4) else { return nil }
        return decode(digits, Alphabet.url)
    }

    private enum Alphabet {
        case standard, url

        func digit(_ value: UInt32) -> UInt8 {
            switch value {
            case 0..<26: UInt8(ascii: "A") + UInt8(value)
            case 26..<52: UInt8(ascii: "a") + UInt8(value - 26)
            case 52..<62: UInt8(ascii: "0") + UInt8(value - 52)
            case 62: UInt8(ascii: self == .url ? "-" : "+")
            default: UInt8(ascii: self == .url ? "_" : "/")
            }
        }

        func value(_ digit: UInt8) -> UInt32? {
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
            case self.digit(62): 62
            case self.digit(63): 63
            default: nil
            }
        }
    }

    private static func encode(_ bytes: Span<UInt8>, _ alphabet: Alphabet, padded: Bool) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0)
            }
            for index in 0...count {
                text.append(alphabet.digit(group >> UInt32(18 - 6 * index) & 0x3F))
            }
            if padded { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - count)) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The digits without one or two `=` at the end; a third `=` stays and is no digit.
    private static func unpadded(_ text: some StringProtocol) -> ArraySlice<UInt8> {
        var digits = Array(text.utf8)[...]
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        return digits
    }

    private static func decode(_ digits: ArraySlice<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits {
            guard let value = alphabet.value(digit) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
                pending &= (1 << bits) - 1
            }
        }
        // Unused bits that are not zero would give one value several spellings (RFC 4648 §3.5).
        return pending == 0 ? bytes : nil
    }
}
