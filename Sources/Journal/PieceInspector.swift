import Glibc
import Posix

/// Reads a part of a segment and tells its valid lines from all else.
///
/// As ``SegmentScanner`` does, but one part at a time and without an opinion on the order of ids, so that many can work
/// on one segment; and it says of what is bad what is wrong with it.
struct PieceInspector {
    private let file: any File
    private let part: Range<Int>
    private let end: Int
    private var buffer: [UInt8] = []
    private var bufferOffset: Int
    /// Where a piece began that is longer than any line can be, and what its bytes so far may have held.
    private var overlong: (start: Int, traces: IDTraces)?

    init(file: any File, part: Range<Int>, end: Int) {
        self.file = file
        self.part = part
        self.end = end
        // One byte before: only behind a line feed does a line begin.
        bufferOffset = max(0, part.lowerBound - 1)
    }

    /// Calls `visit` with every piece that begins in the part, in order.
    mutating func run(_ visit: (InspectedPiece) -> Void) throws(SystemCallError) {
        guard try skipToFirst() else { return }
        while overlong != nil || bufferOffset < part.upperBound {
            takeLines(visit)
            if bufferOffset >= part.upperBound, overlong == nil { return }
            if buffer.count >= LineFormat.lineBytesMax { swallow() }
            if try !fill() { break }
        }
        guard overlong != nil || (bufferOffset < part.upperBound && !buffer.isEmpty) else { return }
        takeDamaged(0..<buffer.count, .unfinished, visit)
    }

    /// Moves to the first piece that begins in the part; false when none does.
    private mutating func skipToFirst() throws(SystemCallError) -> Bool {
        guard part.lowerBound > 0 else { return true }
        while bufferOffset < part.upperBound {
            if buffer.isEmpty {
                guard try fill() else { return false }
            }
            if let lineFeed = offset(ofLineFeedFrom: 0) {
                drop(lineFeed + 1)
                return bufferOffset < part.upperBound
            }
            drop(buffer.count)
        }
        return false
    }

    /// Reads on; false at the end.
    private mutating func fill() throws(SystemCallError) -> Bool {
        let offset = bufferOffset + buffer.count
        // Up to the end of the part, and from there on a little at a time: one line at most reaches beyond.
        let wanted = offset < part.upperBound ? min(part.upperBound - offset, SegmentScanner.chunkBytes) : 64 << 10
        guard offset < end else { return false }
        return try file.read(min(wanted, end - offset), at: offset, appendingTo: &buffer) > 0
    }

    private mutating func drop(_ count: Int) {
        buffer.removeFirst(count)
        bufferOffset += count
    }

    private func offset(ofLineFeedFrom position: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { unsafe $0.offset(of: UInt8(ascii: "\n"), in: position..<$0.count) }
    }

    /// Takes the whole pieces in the buffer that begin in the part.
    private mutating func takeLines(_ visit: (InspectedPiece) -> Void) {
        var position = 0
        while overlong != nil || bufferOffset + position < part.upperBound,
            let lineFeed = offset(ofLineFeedFrom: position)
        {
            let piece = position..<lineFeed + 1
            if overlong != nil {
                takeDamaged(piece, .notALine, visit)
            } else if let header = header(piece) {
                visit(.line(line(piece, header), at: bufferOffset + position))
            } else {
                takeWithHole(piece, visit)
            }
            position = lineFeed + 1
        }
        drop(position)
    }

    /// Drops bytes of a piece that is longer than any line, and keeps in mind where it began.
    private mutating func swallow() {
        var (start, traces) = overlong ?? (bufferOffset, IDTraces())
        traces.add(self.traces(0..<buffer.count))
        start = min(start, bufferOffset)
        drop(buffer.count)
        overlong = (start, traces)
    }

    private func line(_ piece: Range<Int>, _ header: LineHeader) -> EventLine {
        EventLine(storage: buffer, start: piece.lowerBound, count: piece.count, header: header)
    }

    /// The header of a valid line with its line feed.
    private func header(_ piece: Range<Int>) -> LineHeader? {
        unsafe buffer.withUnsafeBytes { all in
            let line = unsafe UnsafeRawBufferPointer(rebasing: all[piece.lowerBound..<piece.upperBound - 1])
            guard unsafe LineHeader.isIntact(line) else { return nil }
            return unsafe LineHeader(line)
        }
    }

    /// Takes a piece that is not a valid line; one may still stand behind a hole in it, at the beginning of a sector.
    private mutating func takeWithHole(_ piece: Range<Int>, _ visit: (InspectedPiece) -> Void) {
        let sector = LineSearch.sectorBytes
        var restarts = 0
        var candidate = (bufferOffset + piece.lowerBound) / sector * sector + sector - bufferOffset
        while candidate < piece.upperBound, restarts < LineSearch.restartsMax {
            if unsafe buffer.withUnsafeBytes({ unsafe $0.holds(LineFormat.head, at: candidate) }) {
                restarts += 1
                if let header = header(candidate..<piece.upperBound) {
                    takeDamaged(piece.lowerBound..<candidate, .notALine, visit)
                    visit(.line(line(candidate..<piece.upperBound, header), at: bufferOffset + candidate))
                    return
                }
            }
            candidate += sector
        }
        takeDamaged(piece, kind(piece), visit)
    }

    private func kind(_ piece: Range<Int>) -> DamagedPiece.Kind {
        unsafe buffer.withUnsafeBytes { all in
            let line = unsafe UnsafeRawBufferPointer(rebasing: all[piece.lowerBound..<piece.upperBound - 1])
            if unsafe LineHeader.isIntact(line) { return .notAnEvent }
            return unsafe line.holds(LineFormat.head, at: 0) ? .checksum : .notALine
        }
    }

    private func traces(_ piece: Range<Int>) -> IDTraces {
        unsafe buffer.withUnsafeBytes { all in
            unsafe IDTraces(UnsafeRawBufferPointer(rebasing: all[piece]))
        }
    }

    private mutating func takeDamaged(
        _ piece: Range<Int>,
        _ kind: DamagedPiece.Kind,
        _ visit: (InspectedPiece) -> Void
    ) {
        var (start, traces) = overlong ?? (bufferOffset + piece.lowerBound, IDTraces())
        traces.add(self.traces(piece))
        start = min(start, bufferOffset + piece.lowerBound)
        overlong = nil
        visit(.damaged(DamagedPiece(range: start..<bufferOffset + piece.upperBound, kind: kind, traces: traces)))
    }
}
