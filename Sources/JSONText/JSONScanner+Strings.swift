extension JSONScanner {
    /// Steps over a string from its first quote to behind its last.
    mutating func skipString() throws(JSONTextError) {
        offset += 1
        while true {
            skipPlainWords()
            guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
            switch byte(at: offset) {
            case UInt8(ascii: "\""):
                offset += 1
                return
            case UInt8(ascii: "\\"): try skipEscape()
            case 0..<0x20: throw JSONTextError(.controlCharacter, at: offset)
            case 0x20..<0x80: offset += 1
            default: try skipMultibyteCharacter()
            }
        }
    }

    /// Steps to the next byte that is not ASCII, not printable, a quote or a backslash, eight at a time.
    @inline(__always)
    private mutating func skipPlainWords() {
        while count - offset >= 8 {
            let word = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let special = Self.specialBytes(in: UInt64(littleEndian: word))
            guard special == 0 else {
                // The lowest of them is one for certain.
                offset += special.trailingZeroBitCount / 8
                return
            }
            offset += 8
        }
    }

    /// The high bits of the bytes that need a closer look: controls, quotes, backslashes, and all beyond ASCII.
    @inline(__always)
    static func specialBytes(in word: UInt64) -> UInt64 {
        let quotes = word ^ 0x2222_2222_2222_2222
        let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        // The high bit of a byte of `x &- 0x01…` is set where x is zero or above 0x80, which is beyond ASCII; and perhaps
        // in the byte above one that was zero, which only costs a closer look. The same for bytes below 0x20.
        let ones: UInt64 = 0x0101_0101_0101_0101
        let special = (quotes &- ones) | (backslashes &- ones) | (word &- (ones &* 0x20)) | word
        return special & 0x8080_8080_8080_8080
    }

    private mutating func skipEscape() throws(JSONTextError) {
        guard offset + 1 < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        switch byte(at: offset + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"):
            offset += 2
            for _ in 0..<4 {
                guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
                guard hexValue(byte(at: offset)) != nil else { throw JSONTextError(.invalidEscape, at: offset) }
                offset += 1
            }
        default: throw JSONTextError(.invalidEscape, at: offset + 1)
        }
    }

    /// One character of two to four bytes, well-formed as table 3-7 of the Unicode standard has it.
    private mutating func skipMultibyteCharacter() throws(JSONTextError) {
        let first = byte(at: offset)
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw JSONTextError(.invalidUTF8, at: offset)
        }
        for index in 1..<length {
            guard offset + index < count else { throw JSONTextError(.unexpectedEnd, at: count) }
            let allowed: ClosedRange<UInt8> = index == 1 ? second : 0x80...0xBF
            guard allowed.contains(byte(at: offset + index)) else { throw JSONTextError(.invalidUTF8, at: offset) }
        }
        offset += length
    }

    /// The text of a string that was scanned, quotes included, with escapes resolved.
    func decodedString(in range: Range<Int>) throws(JSONTextError) -> String {
        let inner = range.lowerBound + 1..<range.upperBound - 1
        let raw = unsafe UnsafeRawBufferPointer(rebasing: base[inner])
        guard unsafe raw.contains(UInt8(ascii: "\\")) else { return unsafe String(decoding: raw, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var position = inner.lowerBound
        while position < inner.upperBound {
            let next = byte(at: position)
            if next == UInt8(ascii: "\\") {
                try appendEscape(at: &position, to: &text)
            } else {
                text.append(next)
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func appendEscape(at position: inout Int, to text: inout [UInt8]) throws(JSONTextError) {
        let escape = byte(at: position + 1)
        position += 2
        switch escape {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar(at: &position)
            text.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default: text.append(escape)
        }
    }

    /// The scalar of `\uXXXX` or of a pair of them, from the first hexadecimal digit.
    private func escapedScalar(at position: inout Int) throws(JSONTextError) -> Unicode.Scalar {
        let start = position - 2
        let first = escapedUnit(at: position)
        position += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A string's closing quote follows, so six more bytes are only there if the text is long enough.
        guard (0xD800...0xDBFF).contains(first), position + 6 < count, byte(at: position) == UInt8(ascii: "\\"),
            byte(at: position + 1) == UInt8(ascii: "u")
        else { throw JSONTextError(.loneSurrogate, at: start) }
        let second = escapedUnit(at: position + 2)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONTextError(.loneSurrogate, at: start) }
        position += 6
        return scalar
    }

    private func escapedUnit(at position: Int) -> UInt32 {
        (position..<position + 4).reduce(0) { $0 << 4 | UInt32(hexValue(byte(at: $1)) ?? 0) }
    }

    @inline(__always)
    private func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
