import Posix

/// Where in a segment to look for an id or a time: one entry for about every 64 KiB.
///
/// It is made while reading or writing the segment and kept in memory only.
struct SegmentIndex: Equatable, Sendable {
    /// How many bytes of lines an entry stands for, about.
    static let blockBytes = 64 << 10

    /// Some lines that stand one behind the other.
    struct Block: Equatable, Sendable {
        /// The id of the first line.
        let firstID: UInt64
        /// The offset of the first line.
        let offset: Int
        /// The latest time of any line in it; times need not rise.
        var latest: WallTime
    }

    private(set) var blocks: [Block] = []

    /// Takes note of the line that comes next.
    mutating func add(id: UInt64, offset: Int, time: WallTime) {
        if let last = blocks.last, offset - last.offset < Self.blockBytes {
            blocks[blocks.count - 1].latest = max(last.latest, time)
        } else {
            blocks.append(Block(firstID: id, offset: offset, latest: time))
        }
    }

    /// The offset of a line from which on the first line behind `id` will be found.
    func offset(behind id: UInt64) -> Int {
        let index = blocks.partitioningIndex { $0.firstID > id + 1 }
        return index == 0 ? 0 : blocks[index - 1].offset
    }

    /// The first block that holds a line of that time or later.
    func block(atOrAfter time: WallTime) -> Block? {
        blocks.first { $0.latest >= time }
    }
}
