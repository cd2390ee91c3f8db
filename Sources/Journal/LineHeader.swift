import Glibc
import Posix

/// Where things stand in a line; offsets count from the line's first byte.
///
/// Reads bytes of any kind without trapping: what it was given is compared before it is read.
@safe
struct LineHeader {
    /// The event's id.
    private(set) var id: UInt64 = 0
    /// Where the attributes' values stand, without their quotes, by the attribute's number; empty when left out.
    private(set) var values = InlineArray<11, LineRange>(repeating: LineRange())
    /// Where the data stands, without quotes if it is in base 64.
    private(set) var data: LineRange?
    /// The form of the data.
    private(set) var form = EventData.Form.verbatim

    /// Reads a line without its line feed; `nil` when it is none.
    ///
    /// The checksum is not looked at. Attributes that are not known are stepped over.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let position = unsafe readID(line) else { return nil }
        guard unsafe readAttributes(line, from: position) else { return nil }
    }

    /// The id alone, from the first bytes of a line that need not be whole.
    static func id(atStartOf line: UnsafeRawBufferPointer) -> UInt64? {
        var header = LineHeader()
        return unsafe header.readID(line) == nil ? nil : header.id
    }

    /// Whether the checksum at the end of a line, without its line feed, is that of the bytes before it.
    static func isIntact(_ line: UnsafeRawBufferPointer) -> Bool {
        let covered = line.count - LineFormat.trailerBytes + 1
        guard covered > 0, unsafe line.holds(LineFormat.checksumHead, at: covered),
            unsafe line.holds("\"}", at: line.count - 2)
        else { return false }
        var written: UInt32 = 0
        for offset in 0..<8 {
            let byte = unsafe line[covered + LineFormat.checksumHead.utf8CodeUnitCount + offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): written = written << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): written = written << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default: return false
            }
        }
        var checksum = CRC32C()
        unsafe checksum.update(UnsafeRawBufferPointer(rebasing: line[..<covered]))
        return checksum.value == written
    }

    private init() {}

    /// Reads the id and returns the offset behind its closing quote.
    private mutating func readID(_ line: UnsafeRawBufferPointer) -> Int? {
        guard unsafe line.holds(LineFormat.head, at: 0) else { return nil }
        var position = LineFormat.head.utf8CodeUnitCount
        let first = position
        while position < line.count, position - first < 17, case let digit = unsafe line[position] &- 0x30, digit < 10 {
            // An id has no leading zero, so that each has one spelling.
            if position == first, digit == 0 { return nil }
            id = id * 10 + UInt64(digit)
            position += 1
        }
        guard position > first, id <= LineFormat.sequenceMax, unsafe line.holds("\"", at: position) else { return nil }
        return position + 1
    }

    private mutating func readAttributes(_ line: UnsafeRawBufferPointer, from start: Int) -> Bool {
        let end = line.count - LineFormat.trailerBytes + 1
        var position = start
        var next = 0
        while position < end {
            guard unsafe line.holds(",\"", at: position),
                let nameEnd = unsafe line.offset(of: UInt8(ascii: "\""), in: position + 2..<end),
                unsafe line.holds("\":", at: nameEnd)
            else { return false }
            let name = unsafe UnsafeRawBufferPointer(rebasing: line[position + 2..<nameEnd])
            let value = nameEnd + 2
            if unsafe name.isExactly("data") {
                data = LineRange(value..<max(value, end))
                return value < end && hasType
            }
            guard unsafe line.holds("\"", at: value) else { return false }
            if unsafe name.isExactly("data_base64") {
                guard value + 1 < end, unsafe line[end - 1] == UInt8(ascii: "\"") else { return false }
                data = LineRange(value + 1..<end - 1)
                form = .base64
                return hasType
            }
            guard let valueEnd = unsafe line.endOfString(from: value + 1, to: end) else { return false }
            if let index = unsafe attributeIndex(name, from: next) {
                values[index] = LineRange(value + 1..<valueEnd)
                next = index + 1
            }
            position = valueEnd + 1
        }
        return position == end && hasType
    }

    private var hasType: Bool { !values[EventAttribute.type.rawValue].isEmpty }

    private func attributeIndex(_ name: UnsafeRawBufferPointer, from first: Int) -> Int? {
        var index = first
        while index < values.count {
            if let attribute = EventAttribute(rawValue: index), unsafe name.isExactly(attribute.name) { return index }
            index += 1
        }
        return nil
    }
}

/// A range in a line, in half the room.
struct LineRange {
    private var start: UInt32 = 0
    private var end: UInt32 = 0

    init() {}

    init(_ range: Range<Int>) {
        start = UInt32(range.lowerBound)
        end = UInt32(range.upperBound)
    }

    var isEmpty: Bool { start == end }
    var range: Range<Int> { Int(start)..<Int(end) }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes at an offset are exactly those of a text; false where they reach beyond the end.
    func holds(_ text: StaticString, at offset: Int) -> Bool {
        guard let baseAddress, offset >= 0, offset <= count - text.utf8CodeUnitCount else { return false }
        return unsafe memcmp(baseAddress + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// Whether these bytes are exactly those of a text.
    func isExactly(_ text: StaticString) -> Bool {
        unsafe count == text.utf8CodeUnitCount && holds(text, at: 0)
    }

    /// The offset of the first such byte in a range.
    func offset(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let baseAddress, !range.isEmpty, range.upperBound <= count,
            let found = unsafe memchr(baseAddress + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - baseAddress
    }

    /// The offset of the quote that ends a string whose first byte is at `start`.
    fileprivate func endOfString(from start: Int, to end: Int) -> Int? {
        var position = start
        while position < end, let quote = unsafe offset(of: UInt8(ascii: "\""), in: position..<end) {
            var backslashes = 0
            while quote - backslashes > start, unsafe self[quote - backslashes - 1] == UInt8(ascii: "\\") {
                backslashes += 1
            }
            if backslashes.isMultiple(of: 2) { return quote }
            position = quote + 1
        }
        return nil
    }
}
