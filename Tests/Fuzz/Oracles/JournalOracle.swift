import Journal

/// The journal's rules once more, as plainly as they can be written and without a line of the journal's own scanner.
///
/// A line is what ends with a line feed, carries the checksum of its bytes and an id above all before it, and below the
/// name of the next segment. Where bytes are bad, a line may still begin with one of the disk's sectors behind them.
struct JournalOracle {
    /// What one segment holds.
    struct Segment: Equatable {
        var lines: [Range<Int>] = []
        var ids: [UInt64] = []
        var bad: [Range<Int>] = []
    }

    private static let head = Array(#"{"specversion":"1.0","id":""#.utf8)
    private static let sectorBytes = 512
    private var lastID: UInt64 = 0
    private var endID = UInt64.max

    /// Reads the next segment; `endID` is the first id of the one behind it.
    mutating func read(_ bytes: [UInt8], before endID: UInt64?) -> Segment {
        self.endID = endID ?? .max
        var segment = Segment()
        var start = 0
        while start < bytes.count {
            guard let lineFeed = bytes[start...].firstIndex(of: 0x0A) else {
                add(bad: start..<bytes.count, to: &segment)
                break
            }
            let piece = start..<lineFeed + 1
            start = piece.upperBound
            let sectors = stride(
                from: (piece.lowerBound / Self.sectorBytes + 1) * Self.sectorBytes,
                to: piece.upperBound,
                by: Self.sectorBytes
            )
            let begin = ([piece.lowerBound] + sectors).first { id(bytes[$0..<piece.upperBound]) != nil }
            guard let begin, let id = id(bytes[begin..<piece.upperBound]) else {
                add(bad: piece, to: &segment)
                continue
            }
            add(bad: piece.lowerBound..<begin, to: &segment)
            segment.lines.append(begin..<piece.upperBound)
            segment.ids.append(id)
            lastID = id
        }
        return segment
    }

    private func add(bad range: Range<Int>, to segment: inout Segment) {
        guard !range.isEmpty else { return }
        if let last = segment.bad.last, last.upperBound == range.lowerBound {
            segment.bad[segment.bad.count - 1] = last.lowerBound..<range.upperBound
        } else {
            segment.bad.append(range)
        }
    }

    /// The id of a line with its line feed that comes next in the journal; nil when it is no line, or comes too late.
    private func id(_ line: ArraySlice<UInt8>) -> UInt64? {
        guard line.starts(with: Self.head), Self.isIntact(Array(line)) else { return nil }
        let digits = line.dropFirst(Self.head.count).prefix { $0 != UInt8(ascii: "\"") }
        guard let id = UInt64(String(decoding: digits, as: UTF8.self)), id > lastID, id < endID else {
            return nil
        }
        return id
    }

    /// Whether a line ends with the checksum of what comes before it.
    static func isIntact(_ line: [UInt8]) -> Bool {
        let tail = Array(#","crc32c":"00000000"}"#.utf8) + [0x0A]
        guard line.count > tail.count else { return false }
        return line.elementsEqual(withChecksum(Array(line.dropLast(tail.count))))
    }

    /// The bytes, and behind them the end of a line with their checksum.
    static func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
        let digits = String(crc32c(bytes), radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.utf8.count) + digits
        return bytes + Array(#","crc32c":"\#(padded)"}"#.utf8) + [0x0A]
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The Castagnoli checksum (RFC 3720, appendix B.4), from a table of its own.
    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }
}
