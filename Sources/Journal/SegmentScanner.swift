import Glibc
import Posix

/// What a scan found in one segment.
struct SegmentScan: Sendable {
    /// The valid lines, as if they stood one behind the other; offsets are right only where nothing is bad.
    var segment: Segment
    /// The bytes of the file.
    var size = 0
    /// Bytes that are no valid line, in order, never touching each other.
    var bad: [BadRange] = []
    /// Why the file could not be read to its end; then nothing is known of the rest.
    var failure: SystemCallError?

    /// Whether all that is bad stands behind the last valid line.
    var isTornTailOnly: Bool {
        bad.count == 1 && bad.allSatisfy { $0.range.upperBound == size }
    }
}

/// Bytes that are no valid line.
struct BadRange: Equatable, Sendable {
    /// Where in the file.
    var range: Range<Int>
    /// How many ids may have stood there, at most.
    var idsMax: UInt64
}

/// Reads a segment from end to end and tells its valid lines from all else.
///
/// A line is valid when its checksum is right, it is an event, and its id is higher than all before it and lower than
/// the next segment's first. Whatever else there is, every valid line is found: lines are independent of each other, so one that is bad condemns no other.
struct SegmentScanner {
    /// How much is read at once.
    static let chunkBytes = 1 << 20
    private(set) var scan: SegmentScan
    private let file: any File
    private var lastID: UInt64
    private let endID: UInt64
    private var buffer: [UInt8] = []
    private var bufferOffset = 0

    /// A scanner of a segment.
    ///
    /// The next segment's name says that this one ends before it. A line of its ids is one that was cut off after a
    /// failed write, never acknowledged, and came back because that cut did not reach the disk.
    ///
    /// - Parameters:
    ///   - name: The segment's name.
    ///   - file: The segment.
    ///   - lastID: The last id before it.
    ///   - endID: The first id of the next segment, if there is one.
    init(name: SegmentName, file: any File, lastID: UInt64, endID: UInt64? = nil) {
        self.file = file
        self.lastID = lastID
        self.endID = endID ?? .max
        scan = SegmentScan(segment: Segment(name: name))
    }

    /// Calls `visit` with every valid line, in order.
    mutating func run(_ visit: (EventLine) -> Void) throws(SystemCallError) {
        while try step(visit) {}
    }

    /// Reads the next piece and calls `visit` with every valid line that ends in it.
    ///
    /// - Returns: Whether there may be more; after false all is found, and it is not to be called again.
    mutating func step(_ visit: (EventLine) -> Void) throws(SystemCallError) -> Bool {
        if bufferOffset + buffer.count == 0 { scan.size = try file.size() }
        let offset = bufferOffset + buffer.count
        var came = 0
        if offset < scan.size {
            came = try file.read(min(Self.chunkBytes, scan.size - offset), at: offset, appendingTo: &buffer)
        }
        if came == 0 {
            takeBad(0..<buffer.count)
            return false
        }
        var consumed = takeLines(visit)
        if buffer.count - consumed >= LineFormat.lineBytesMax {
            // Longer than any line: no line feed that is still to come can make it one.
            takeBad(consumed..<buffer.count)
            consumed = buffer.count
        }
        buffer.removeFirst(consumed)
        bufferOffset += consumed
        return true
    }

    /// Takes the whole lines in the buffer and returns the offset behind the last one.
    private mutating func takeLines(_ visit: (EventLine) -> Void) -> Int {
        var position = 0
        while let lineFeed = offset(ofLineFeedFrom: position) {
            let piece = position..<lineFeed + 1
            if let header = validHeader(piece) {
                take(piece, header, visit)
            } else {
                takeWithHole(piece, visit)
            }
            position = lineFeed + 1
        }
        return position
    }

    private func offset(ofLineFeedFrom position: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { unsafe $0.offset(of: UInt8(ascii: "\n"), in: position..<$0.count) }
    }

    /// The header of a line with its line feed, if the line is valid.
    private func validHeader(_ piece: Range<Int>) -> LineHeader? {
        unsafe buffer.withUnsafeBytes { all in
            let line = unsafe UnsafeRawBufferPointer(rebasing: all[piece.lowerBound..<piece.upperBound - 1])
            guard unsafe line.holds(LineFormat.head, at: 0), unsafe LineHeader.isIntact(line),
                let header = unsafe LineHeader(line), header.id > lastID, header.id < endID
            else { return nil }
            return header
        }
    }

    private mutating func take(_ piece: Range<Int>, _ header: LineHeader, _ visit: (EventLine) -> Void) {
        let line = EventLine(storage: buffer, start: piece.lowerBound, count: piece.count, header: header)
        lastID = header.id
        scan.segment.add(id: header.id, count: piece.count, time: line.time)
        visit(line)
    }

    /// Takes a piece that is not a valid line: a whole one may still stand behind a hole in it.
    ///
    /// A power cut loses whole sectors, so a line whose preceding line feed was lost begins with a sector.
    private mutating func takeWithHole(_ piece: Range<Int>, _ visit: (EventLine) -> Void) {
        var restarts = 0
        for candidate in LineSearch.candidates(in: piece, fileOffset: bufferOffset)
        where restarts < LineSearch.restartsMax {
            guard unsafe buffer.withUnsafeBytes({ unsafe $0.holds(LineFormat.head, at: candidate) }) else { continue }
            restarts += 1
            if let header = validHeader(candidate..<piece.upperBound) {
                takeBad(piece.lowerBound..<candidate)
                take(candidate..<piece.upperBound, header, visit)
                return
            }
        }
        takeBad(piece)
    }

    private mutating func takeBad(_ piece: Range<Int>) {
        guard !piece.isEmpty else { return }
        let range = piece.lowerBound + bufferOffset..<piece.upperBound + bufferOffset
        let ids = idsMax(piece)
        if let last = scan.bad.last, last.range.upperBound == range.lowerBound {
            scan.bad[scan.bad.count - 1] = BadRange(
                range: last.range.lowerBound..<range.upperBound,
                idsMax: last.idsMax + ids
            )
        } else {
            scan.bad.append(BadRange(range: range, idsMax: ids))
        }
    }

    /// How many ids may have stood in a bad piece: one for each beginning of a line if it looks like lines, as many as fit
    /// if not.
    ///
    /// A line that lost its line feed takes the next one with it. A hole in a file that grew reads as zeros, which no line
    /// holds.
    private func idsMax(_ piece: Range<Int>) -> UInt64 {
        let beginnings: UInt64 = unsafe buffer.withUnsafeBytes { all in
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: all[piece])
            let head = min(bytes.count, LineFormat.head.utf8CodeUnitCount)
            guard unsafe bytes.offset(of: 0, in: 0..<bytes.count) == nil,
                unsafe bytes.baseAddress.map({ unsafe memcmp($0, LineFormat.head.utf8Start, head) }) == 0
            else { return 0 }
            var count: UInt64 = 1
            var position = 1
            while let brace = unsafe bytes.offset(of: UInt8(ascii: "{"), in: position..<bytes.count) {
                if unsafe bytes.holds(LineFormat.head, at: brace) { count += 1 }
                position = brace + 1
            }
            return count
        }
        if beginnings > 0 { return beginnings }
        return UInt64((piece.count + LineFormat.lineBytesMin - 1) / LineFormat.lineBytesMin)
    }
}
