import Posix

/// A walk over the lines in a piece of a segment, as far as their ids rise by one.
///
/// Only intact lines count; what stands between them is stepped over, and shows as a gap in the ids.
struct LineWalk {
    /// Where the first line begins that is behind the reader's position.
    private(set) var begin: Int
    /// Where the last line ends that may be handed out; all before `begin` is done with.
    private(set) var end: Int
    /// Where the first of them ends.
    private(set) var firstEnd: Int
    /// Their ids.
    private(set) var firstID: UInt64
    private(set) var lastID: UInt64
    /// The last id of a gap that follows.
    private(set) var gapEnd: UInt64?
    /// Whether something is no line.
    private(set) var isDamaged = false

    /// Walks over whole lines.
    ///
    /// - Parameters:
    ///   - bytes: The piece, and perhaps other bytes before it.
    ///   - start: Where it begins.
    ///   - fileOffset: Where in the segment it begins.
    ///   - ids: From the id that the reader stands behind to the last one in the segment; a line beyond is none.
    init(_ bytes: [UInt8], from start: Int, fileOffset: Int, ids: Range<UInt64>) {
        (begin, end, firstEnd) = (start, start, start)
        (firstID, lastID) = (ids.lowerBound, ids.lowerBound)
        unsafe bytes.withUnsafeBytes { unsafe walk($0, fileOffset: fileOffset - start, ids) }
    }

    private mutating func walk(_ bytes: UnsafeRawBufferPointer, fileOffset: Int, _ ids: Range<UInt64>) {
        while let lineFeed = unsafe bytes.offset(of: UInt8(ascii: "\n"), in: end..<bytes.count) {
            let piece = end..<lineFeed + 1
            guard
                let line = unsafe LineSearch.line(
                    in: piece,
                    of: bytes,
                    fileOffset: fileOffset,
                    idMax: ids.upperBound - 1
                )
            else {
                isDamaged = true
                if begin < end { return }
                step(over: piece)
                continue
            }
            if line.start > piece.lowerBound {
                isDamaged = true
                if begin < end { return }
                step(over: piece.lowerBound..<line.start)
            }
            if line.id <= ids.lowerBound {
                if begin < end { return }
                step(over: piece)
                continue
            }
            guard line.id == lastID + 1 else {
                if begin == end { gapEnd = line.id - 1 }
                return
            }
            if begin == end { (firstEnd, firstID) = (lineFeed + 1, line.id) }
            (end, lastID) = (lineFeed + 1, line.id)
        }
    }

    private mutating func step(over piece: Range<Int>) {
        (begin, end, firstEnd) = (piece.upperBound, piece.upperBound, piece.upperBound)
    }
}

/// Finds a line in bytes up to a line feed that may hold something else, too.
enum LineSearch {
    /// The smallest unit a disk writes at once; a hole in what a power cut left ends at a multiple of it.
    static let sectorBytes = 512
    /// How many places behind a hole are tried before the rest is given up.
    static let restartsMax = 256

    /// The intact line that ends a piece, which most often is all of it.
    ///
    /// A power cut loses whole sectors, so a line whose preceding line feed was lost begins with a sector.
    ///
    /// - Parameters:
    ///   - piece: From behind a line feed to behind the next one.
    ///   - bytes: What the piece is of.
    ///   - fileOffset: Where in the file the first of `bytes` stands.
    ///   - idMax: A line of a higher id is none.
    /// - Returns: Where it begins, and its id; `nil` when there is none.
    static func line(
        in piece: Range<Int>,
        of bytes: UnsafeRawBufferPointer,
        fileOffset: Int,
        idMax: UInt64
    ) -> (start: Int, id: UInt64)? {
        func id(at start: Int) -> UInt64? {
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<piece.upperBound - 1])
            guard let id = unsafe LineHeader.id(atStartOf: line), id <= idMax, unsafe LineHeader.isIntact(line) else {
                return nil
            }
            return id
        }
        if let id = id(at: piece.lowerBound) { return (piece.lowerBound, id) }
        var restarts = 0
        for start in candidates(in: piece, fileOffset: fileOffset) where restarts < restartsMax {
            guard unsafe bytes.holds(LineFormat.head, at: start) else { continue }
            restarts += 1
            if let id = id(at: start) { return (start, id) }
        }
        return nil
    }

    /// Where in a piece the disk's sectors begin.
    static func candidates(in piece: Range<Int>, fileOffset: Int) -> StrideTo<Int> {
        let first = (fileOffset + piece.lowerBound) / sectorBytes * sectorBytes + sectorBytes - fileOffset
        return stride(from: first, to: piece.upperBound, by: sectorBytes)
    }
}
