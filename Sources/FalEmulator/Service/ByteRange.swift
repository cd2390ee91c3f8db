/// The one range of bytes that a `Range` header asks for (RFC 9110, 14.1.2).
enum ByteRange: Equatable {
    /// Everything: there is no range, or one that may be ignored (another unit, several ranges, malformed).
    case whole
    /// These bytes.
    case part(Range<Int>)
    /// None that exist: 416.
    case unsatisfiable

    /// Reads the header's value.
    ///
    /// - Parameters:
    ///   - header: The value, `bytes=0-99`, `bytes=100-` or `bytes=-100`; nil without one.
    ///   - count: How many bytes there are; at least 1.
    init(_ header: String?, count: Int) {
        guard let header, header.lowercased().hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let ends = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else {
            self = .whole
            return
        }
        switch (first, last) {
        case (nil, nil):
            self = .whole
        case (nil, let suffix?):
            self = suffix == 0 ? .unsatisfiable : .part(max(0, count - suffix)..<count)
        case (let first?, let last):
            if let last, last < first {
                self = .whole
            } else {
                self = first < count ? .part(first..<min(count, (last ?? count - 1) &+ 1)) : .unsatisfiable
            }
        }
    }

    /// A number, or none where nothing is written; nil for anything else.
    private static func number(_ text: Substring) -> Int?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.count < 19, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            return nil
        }
        return value
    }
}
