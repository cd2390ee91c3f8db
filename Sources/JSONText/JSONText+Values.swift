extension JSONText {
    /// The text of a string in a text that was found valid, escapes and surrogate pairs resolved.
    ///
    /// - Parameters:
    ///   - slice: The string.
    ///   - bytes: The whole text that `slice` was found in.
    /// - Returns: The string.
    /// - Throws: ``JSONTextError`` with `wrongKind` if it is no string, `loneSurrogate` if it is no Unicode text.
    package static func string(
        _ slice: JSONValueSlice,
        in bytes: Span<UInt8>
    ) throws(JSONTextError) -> String {
        guard slice.kind == .string else { throw JSONTextError(.wrongKind, at: slice.range.lowerBound) }
        precondition(slice.range.upperBound <= bytes.count, "a slice of another text")
        return try unsafe bytes.withUnsafeBytes { (raw) throws(JSONTextError) in
            // Scanned again, so that a slice of another text is an error and no wild read.
            var scanner = unsafe JSONScanner(raw, from: slice.range.lowerBound, depthMax: 0)
            guard try scanner.kindOfNextValue() == .string else {
                throw JSONTextError(.wrongKind, at: slice.range.lowerBound)
            }
            try scanner.skipString()
            return try scanner.decodedString(in: slice.range.lowerBound..<scanner.offset)
        }
    }

    /// The value of a number that is written as an integer and fits in 64 bits, `nil` for anything else.
    ///
    /// `1.0` and `1e3` are not written as integers.
    package static func integer(_ slice: JSONValueSlice, in bytes: Span<UInt8>) -> Int? {
        guard slice.kind == .number else { return nil }
        var value = 0
        var range = slice.range
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        if isNegative { range = range.lowerBound + 1..<range.upperBound }
        for index in range {
            let digit = Int(bytes[index]) - Int(UInt8(ascii: "0"))
            guard (0..<10).contains(digit) else { return nil }
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            // Subtracting, because the most negative integer has no positive twin.
            let (next, overflowsToo) = shifted.subtractingReportingOverflow(digit)
            guard !overflows, !overflowsToo else { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The value of `true` or `false`, `nil` for anything else.
    package static func boolean(_ slice: JSONValueSlice, in bytes: Span<UInt8>) -> Bool? {
        guard slice.kind == .boolean else { return nil }
        return bytes[slice.range.lowerBound] == UInt8(ascii: "t")
    }

    /// Appends a string as a JSON string with its quotes; the result has no control character and is one line.
    ///
    /// Only what RFC 8259 §7 demands is escaped: quote, backslash, and the characters below U+0020.
    package static func appendString(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if isPlain(string) {
            // Nearly all; copied whole, a seventh of the instructions.
            output.append(contentsOf: string.utf8)
        } else {
            appendEscaped(string, to: &output)
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Whether nothing in it has to be escaped.
    private static func isPlain(_ string: String) -> Bool {
        let bytes = string.utf8Span.span
        var index = 0
        while bytes.count - index >= 8 {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            guard JSONScanner.specialBytes(in: word) == 0 else { break }
            index += 8
        }
        while index < bytes.count {
            if bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C { return false }
            index += 1
        }
        return true
    }

    private static func appendEscaped(_ string: String, to output: inout [UInt8]) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): output.append(contentsOf: #"\\"#.utf8)
            case 0x0A: output.append(contentsOf: #"\n"#.utf8)
            case 0x0D: output.append(contentsOf: #"\r"#.utf8)
            case 0x09: output.append(contentsOf: #"\t"#.utf8)
            case 0..<0x20:
                output.append(contentsOf: #"\u00"#.utf8)
                output.append(UInt8(ascii: byte < 0x10 ? "0" : "1"))
                let low = byte & 0x0F
                output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
            default: output.append(byte)
            }
        }
    }
}
