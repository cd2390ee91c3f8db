/// Hexadecimal, as strict as it can be: no prefix, no spaces, two digits for each byte.
package enum Hex {
    /// Two lower-case digits for each byte.
    package static func encode(_ bytes: Span<UInt8>) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        append(bytes, to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends two lower-case ASCII digits for each byte.
    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        for index in bytes.indices {
            output.append(digit(bytes[index] >> 4))
            output.append(digit(bytes[index] & 0x0F))
        }
    }

    /// The bytes that the digits stand for, upper and lower case alike; `nil` if anything else is there or one is odd.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        return decode(digits.span)
    }

    /// The bytes that the digits stand for, without a copy of them; `nil` as above.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8Span.span
        return decode(digits)
    }

    /// The bytes that ASCII digits stand for; `nil` as for text.
    package static func decode(_ digits: Span<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes = [UInt8](repeating: 0, count: digits.count / 2)
        // Without a branch for each digit: what is none is seen at the end.
        var isWrong = false
        for index in bytes.indices {
            let high = digits[2 * index]
            let low = digits[2 * index + 1]
            isWrong = isWrong || !isDigit(high) || !isDigit(low)
            bytes[index] = value(of: high) << 4 | value(of: low)
        }
        return isWrong ? nil : bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func isDigit(_ character: UInt8) -> Bool {
        // Letters differ from their upper case in one bit, and nothing else becomes a…f by setting it but A…F.
        (character &- UInt8(ascii: "0") < 10) != ((character | 0x20) &- UInt8(ascii: "a") < 6)
    }

    /// What a digit stands for: 0x30…0x39 for 0 to 9, 0x41… and 0x61… for 10 to 15.
    private static func value(of digit: UInt8) -> UInt8 {
        (digit & 0x0F) &+ (digit >> 6) &* 9
    }
}
