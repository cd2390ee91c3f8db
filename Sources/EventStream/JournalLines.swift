import Glibc

/// Whole journal lines in a buffer.
enum JournalLines {
    private static let idPrefix = Array(#"{"specversion":"1.0","id":""#.utf8)

    /// The line that begins at `start`, with its line feed; nil at the end.
    static func next(in bytes: [UInt8], from start: Int) -> Range<Int>? {
        guard start < bytes.count else { return nil }
        let end = unsafe bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            let found = unsafe memchr(base + start, 0x0A, buffer.count - start)
            return unsafe found.map { unsafe UnsafeRawPointer($0) - base }
        }
        return end.map { start..<$0 + 1 }
    }

    /// The id of the event whose line begins at `start`; nil when it is no event.
    static func id(in bytes: [UInt8], at start: Int) -> UInt64? {
        var at = start + idPrefix.count
        guard at < bytes.count, bytes[start..<at].elementsEqual(idPrefix) else { return nil }
        var id: UInt64 = 0
        var digits = 0
        while at < bytes.count, case let digit = bytes[at] &- UInt8(ascii: "0"), digit < 10, digits < EventID.digitsMax
        {
            id = id * 10 + UInt64(digit)
            digits += 1
            at += 1
        }
        return digits > 0 && at < bytes.count && bytes[at] == UInt8(ascii: "\"") ? id : nil
    }
}

/// An event's id as text: a decimal number below 2^53, without leading zeros.
enum EventID {
    /// The digits of 2^53 - 1.
    static let digitsMax = 16
    /// No id is larger, so that every JSON parser can read one as a number, too.
    static let max: UInt64 = 1 << 53 - 1

    static func parse(_ text: String) -> UInt64? {
        let digits = text.utf8
        guard (1...digitsMax).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30, let id = UInt64(text), id <= max
        else { return nil }
        return id
    }
}
