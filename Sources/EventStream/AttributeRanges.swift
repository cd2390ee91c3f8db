import JSONText

/// Where the attributes of a journal line stand.
///
/// Journal lines have their keys in a fixed order and their data last, so nothing past the attributes is looked at: a
/// filter costs as little for an event of eight megabytes as for a small one.
struct AttributeRanges: Equatable {
    /// The values between their quotes, escapes not resolved.
    private(set) var id: Range<Int>?
    private(set) var type: Range<Int>?
    private(set) var subject: Range<Int>?
    private(set) var time: Range<Int>?
    private(set) var submission: Range<Int>?
    private(set) var endpoint: Range<Int>?
    private(set) var origin: Range<Int>?
    private(set) var tag: Range<Int>?
    /// Where the value of `data` begins.
    private(set) var dataStart: Int?

    /// Nil when the line does not begin as a journal line does.
    ///
    /// - Parameters:
    ///   - bytes: What holds the line.
    ///   - line: Where it stands in it.
    init?(_ bytes: [UInt8], in line: Range<Int>) {
        var at = line.lowerBound
        let end = line.upperBound
        guard at < end, bytes[at] == UInt8(ascii: "{") else { return nil }
        while at < end, bytes[at] != UInt8(ascii: "}") {
            at += 1
            guard let name = Self.string(bytes, at: at, end: end), name.upperBound + 1 < end,
                bytes[name.upperBound + 1] == UInt8(ascii: ":")
            else { return nil }
            at = name.upperBound + 2
            if Self.equals(bytes, name, "data") {
                dataStart = at
                return
            }
            if Self.equals(bytes, name, "data_base64") { return }
            guard let value = Self.string(bytes, at: at, end: end) else { return nil }
            note(bytes, name, value)
            at = value.upperBound + 1
        }
    }

    private mutating func note(_ bytes: [UInt8], _ name: Range<Int>, _ value: Range<Int>) {
        switch name.count {
        case 2: if Self.equals(bytes, name, "id") { id = value }
        case 3: if Self.equals(bytes, name, "tag") { tag = value }
        case 4:
            if Self.equals(bytes, name, "type") { type = value }
            if Self.equals(bytes, name, "time") { time = value }
        case 6: if Self.equals(bytes, name, "origin") { origin = value }
        case 7: if Self.equals(bytes, name, "subject") { subject = value }
        case 8: if Self.equals(bytes, name, "endpoint") { endpoint = value }
        case 10: if Self.equals(bytes, name, "submission") { submission = value }
        default: break
        }
    }

    /// The bytes between the quotes of the string that begins at `at`.
    private static func string(_ bytes: [UInt8], at: Int, end: Int) -> Range<Int>? {
        guard at < end, bytes[at] == UInt8(ascii: "\"") else { return nil }
        var next = at + 1
        while next < end {
            switch bytes[next] {
            case UInt8(ascii: "\""): return at + 1..<next
            case UInt8(ascii: "\\"): next += 2
            default: next += 1
            }
        }
        return nil
    }

    private static func equals(_ bytes: [UInt8], _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { buffer in
            for offset in 0..<buffer.count where unsafe buffer[offset] != bytes[range.lowerBound + offset] {
                return false
            }
            return true
        }
    }
}

extension AttributeRanges {
    /// The value of an attribute, escapes resolved.
    static func value(_ bytes: [UInt8], _ range: Range<Int>) -> ArraySlice<UInt8> {
        guard bytes[range].contains(UInt8(ascii: "\\")) else { return bytes[range] }
        let quoted = JSONValueSlice(kind: .string, range: range.lowerBound - 1..<range.upperBound + 1)
        guard let text = try? JSONText.string(quoted, in: bytes.span) else { return bytes[range] }
        return Array(text.utf8)[...]
    }
}
