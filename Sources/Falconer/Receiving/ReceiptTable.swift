import Journal
import Posix

/// The durable deliveries of the dedupe window, 32 bytes each and an index over them.
///
/// They are kept in blocks, in the journal's order. A block goes as a whole once its newest delivery is older than the
/// window, so a delivery is remembered for the window, and up to a slice of it longer.
///
/// Its clock is that of the journal: it moves with the time between one event and the next, never back, and by one slice
/// at most. So the memory is the same fold whether events arrive or are replayed, a clock that is set years ahead costs
/// a slice of the window and not all of it, and one that is set back keeps nothing for ever. When nothing arrives for
/// long, what is remembered stays until something does.
struct ReceiptTable: Sendable {
    /// The deliveries of a block at most; one block is 32 KiB.
    static let blockCount = 1_024
    /// A block holds deliveries of no more than this part of the window.
    static let slicesPerWindow = 24

    private struct Entry {
        var receipt: Receipt
        /// Twice the sequence, and one for a conflict.
        var sequenceAndKind: UInt64

        var isConflict: Bool { sequenceAndKind & 1 == 1 }
        var sequence: UInt64 { sequenceAndKind >> 1 }
        var hash: UInt64 { ReceiptTable.hash(receipt, isConflict: isConflict) }
    }

    private struct Block {
        var entries: [Entry] = []
        var oldest: Int64
        var newest: Int64
    }

    private let window: Int64
    private var clock: Int64 = 0
    private var lastTime: WallTime?
    private var blocks: [Block] = []
    /// How many blocks went, modulo the numbers an index can hold.
    private var goneCount: UInt32 = 0
    private var index = HashIndex()

    /// A table that remembers for so many microseconds.
    init(window: Int64) {
        self.window = max(window, Int64(Self.slicesPerWindow))
    }

    /// How many deliveries are remembered.
    var count: Int { index.count }

    /// The memory that they take, bytes.
    var byteCount: Int {
        blocks.reduce(index.byteCount + blocks.capacity * MemoryLayout<Block>.stride) {
            $0 + $1.entries.capacity * MemoryLayout<Entry>.stride
        }
    }

    /// The first outcome of a request.
    func outcome(_ receipt: Receipt) -> (sequence: UInt64, fingerprint: UInt64)? {
        find(Self.hash(receipt, isConflict: false)) { !$0.isConflict && $0.receipt.request == receipt.request }
            .map { ($0.sequence, $0.receipt.fingerprint) }
    }

    /// The sequence of a second, different outcome.
    func conflict(_ receipt: Receipt) -> UInt64? {
        find(Self.hash(receipt, isConflict: true)) { $0.isConflict && $0.receipt == receipt }?.sequence
    }

    /// Remembers a delivery that is durable, the next of the journal, and forgets what is too old by now.
    mutating func add(_ receipt: Receipt, sequence: UInt64, isConflict: Bool, time: WallTime) {
        advance(to: time)
        while let oldest = blocks.first, clock - oldest.newest > window { forgetFirst() }
        let isKnown = isConflict ? conflict(receipt) != nil : outcome(receipt) != nil
        guard !isKnown else { return }
        let slice = window / Int64(Self.slicesPerWindow)
        if blocks.last.map({ $0.entries.count == Self.blockCount || clock - $0.oldest >= slice }) ?? true {
            var block = Block(oldest: clock, newest: clock)
            block.entries.reserveCapacity(Self.blockCount)
            blocks.append(block)
        }
        let last = blocks.count - 1
        let entry = Entry(receipt: receipt, sequenceAndKind: sequence << 1 | (isConflict ? 1 : 0))
        let number = number(block: last, place: blocks[last].entries.count)
        blocks[last].entries.append(entry)
        blocks[last].newest = clock
        let (kept, gone) = (blocks, goneCount)
        index.insert(number, hash: entry.hash) { Self.entry($0, kept, gone).hash }
    }

    private mutating func advance(to time: WallTime) {
        if let lastTime {
            let (step, overflow) = time.microseconds.subtractingReportingOverflow(lastTime.microseconds)
            if !overflow { clock += min(max(step, 0), window / Int64(Self.slicesPerWindow)) }
        }
        lastTime = time
    }

    private mutating func forgetFirst() {
        let (kept, gone) = (blocks, goneCount)
        for place in kept[0].entries.indices {
            let hash = kept[0].entries[place].hash
            index.remove(number(block: 0, place: place), hash: hash) { Self.entry($0, kept, gone).hash }
        }
        blocks.removeFirst()
        goneCount = (goneCount + 1) % (HashIndex.numbersEnd / UInt32(Self.blockCount))
    }

    private func find(_ hash: UInt64, _ isMeant: (Entry) -> Bool) -> Entry? {
        index.first(hash) { isMeant(Self.entry($0, blocks, goneCount)) }.map { Self.entry($0, blocks, goneCount) }
    }

    private func number(block: Int, place: Int) -> UInt32 {
        (goneCount &+ UInt32(block)) % (HashIndex.numbersEnd / UInt32(Self.blockCount)) * UInt32(Self.blockCount)
            + UInt32(place)
    }

    private static func entry(_ number: UInt32, _ blocks: [Block], _ goneCount: UInt32) -> Entry {
        let ring = HashIndex.numbersEnd / UInt32(blockCount)
        let block = (number / UInt32(blockCount) + ring - goneCount) % ring
        return blocks[Int(block)].entries[Int(number % UInt32(blockCount))]
    }

    private static func hash(_ receipt: Receipt, isConflict: Bool) -> UInt64 {
        // A request may have any number of conflicts: each has a place of its own.
        receipt.request.low ^ (isConflict ? receipt.fingerprint | 1 : 0)
    }
}
