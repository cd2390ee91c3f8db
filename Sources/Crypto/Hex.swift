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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = 0
        while digits.count - index >= 8 {
            let word = unsafe digits.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard let four = decode(word: UInt64(littleEndian: word)) else { return nil }
            for shift in stride(from: UInt64(0), to: 64, by: 16) {
                bytes.append(UInt8(truncatingIfNeeded: four >> shift))
            }
            index += 8
        }
        while index < digits.count {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    /// What eight digits stand for, the first of them in the lowest byte: a byte in each sixteen bits.
    ///
    /// A signature is 128 digits, which took a fortieth of our own instructions one by one.
    private static func decode(word: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = word >> 6 & ones
        // 0x30…0x39 stand for 0 to 9, 0x41… and 0x61… for 10 to 15.
        let values = (word & (ones &* 0x0F)) &+ isLetter &* 9
        // What these values are as lower-case digits has to be what was there, and 16 would be "g".
        let isOverNine = (values &+ ones &* 6) >> 4 & ones
        let digits = values &+ ones &* 0x30 &+ isOverNine &* 0x27
        guard digits == word | isLetter << 5, values & (ones &* 0xF0) == 0 else { return nil }
        return values << 4 & 0x00F0_00F0_00F0_00F0 | values >> 8 & 0x000F_000F_000F_000F
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(of digit: UInt8) -> UInt8? {
        let decimal = digit &- UInt8(ascii: "0")
        if decimal < 10 { return decimal }
        // Letters differ from their upper case in one bit, and nothing else becomes a…f by setting it but A…F.
        let letter = (digit | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}
