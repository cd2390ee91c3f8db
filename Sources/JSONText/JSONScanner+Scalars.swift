extension JSONScanner {
    /// The byte at an offset that the caller has compared with `count`.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count)
        return unsafe base.baseAddress.unsafelyUnwrapped.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// RFC 8259 §8.1: a text sent over a network has no byte order mark, and a parser may refuse one.
    func refuseByteOrderMark() throws(JSONTextError) {
        guard count - offset >= 3, byte(at: offset) == 0xEF, byte(at: offset + 1) == 0xBB, byte(at: offset + 2) == 0xBF
        else { return }
        throw JSONTextError(.byteOrderMark, at: offset)
    }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while offset < count {
            switch byte(at: offset) {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): isSingleLine = false
            default: return
            }
            offset += 1
        }
    }

    /// What the next value is by its first byte.
    func kindOfNextValue() throws(JSONTextError) -> JSONKind {
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        switch byte(at: offset) {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw JSONTextError(.unexpectedByte, at: offset)
        }
    }

    mutating func skipLiteral() throws(JSONTextError) {
        let literal: StaticString =
            switch byte(at: offset) {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        for index in 0..<literal.utf8CodeUnitCount {
            guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
            let expected = unsafe literal.utf8Start[index]
            guard byte(at: offset) == expected else { throw JSONTextError(.unexpectedByte, at: offset) }
            offset += 1
        }
    }

    /// number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ( "e" / "E" ) [ "+" / "-" ] 1*digit ] (RFC 8259 §6).
    mutating func skipNumber() throws(JSONTextError) {
        if byte(at: offset) == UInt8(ascii: "-") { offset += 1 }
        if offset < count, byte(at: offset) == UInt8(ascii: "0") {
            offset += 1
            if offset < count, isDigit(byte(at: offset)) { throw JSONTextError(.invalidNumber, at: offset) }
        } else {
            try skipDigits()
        }
        if offset < count, byte(at: offset) == UInt8(ascii: ".") {
            offset += 1
            try skipDigits()
        }
        if offset < count, byte(at: offset) | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < count, byte(at: offset) == UInt8(ascii: "+") || byte(at: offset) == UInt8(ascii: "-") {
                offset += 1
            }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONTextError) {
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        guard isDigit(byte(at: offset)) else { throw JSONTextError(.invalidNumber, at: offset) }
        repeat { offset += 1 } while offset < count && isDigit(byte(at: offset))
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
