/// One file of a fake disk: what programs see of it, which is the page cache, and what the disk holds.
///
/// Between the two stand the changes that were not synchronized, in order. After a sync that failed there may be a
/// difference without a change: Linux marks pages clean that it could not write, and a later sync finds nothing to do
/// (Rebello et al., USENIX ATC 2020, "Can Applications Recover from fsync Failures?").
package struct FakeContents: Sendable {
    /// The smallest unit a disk writes at once.
    package static let sectorBytes = 512
    /// The unit in which memory forgets.
    package static let pageBytes = 4096

    /// A change that was not synchronized.
    enum Change: Sendable {
        case write([UInt8], at: Int)
        case truncate(Int)
    }

    /// What programs see.
    package private(set) var seen: [UInt8]
    /// What the disk holds.
    package private(set) var durable: [UInt8]
    private(set) var changes: [Change] = []
    /// Whether a failed sync left bytes in memory that the disk does not have and nobody will write.
    private(set) var mayDiffer = false

    /// A file that is on disk.
    package init(_ bytes: [UInt8] = []) {
        seen = bytes
        durable = bytes
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        Self.apply(.write(bytes, at: offset), to: &seen)
        changes.append(.write(bytes, at: offset))
    }

    mutating func truncate(to size: Int) {
        Self.apply(.truncate(size), to: &seen)
        changes.append(.truncate(size))
    }

    /// A sync that was done; it writes what was changed since the last one, and nothing else.
    mutating func synchronize() {
        for change in changes { Self.apply(change, to: &durable) }
        changes = []
    }

    /// A sync that failed: some of the changes reached the disk, and memory counts all of them as written.
    mutating func failSynchronize(_ random: inout SeededGenerator) {
        settle(.some, &random)
        mayDiffer = mayDiffer || durable != seen
    }

    /// Drops pages that memory counts as written, so that the disk is read; the size stays as it was known.
    mutating func forgetCached(_ forgets: () -> Bool) {
        guard mayDiffer else { return }
        var dirty: Set<Int> = []
        for change in changes {
            switch change {
            case .write(let bytes, let offset):
                guard !bytes.isEmpty else { continue }
                dirty.formUnion(offset / Self.pageBytes...(offset + bytes.count - 1) / Self.pageBytes)
            case .truncate(let size): dirty.insert(size / Self.pageBytes)
            }
        }
        for start in stride(from: 0, to: seen.count, by: Self.pageBytes) {
            guard !dirty.contains(start / Self.pageBytes), forgets() else { continue }
            let end = min(start + Self.pageBytes, seen.count)
            let kept = max(start, min(end, durable.count))
            if kept > start { seen.replaceSubrange(start..<kept, with: durable[start..<kept]) }
            if end > kept { seen.replaceSubrange(kept..<end, with: repeatElement(0, count: end - kept)) }
        }
        mayDiffer = durable != seen
    }

    /// What a power cut leaves.
    mutating func crash(_ keeping: FakeDisk.Keeping, _ random: inout SeededGenerator) {
        settle(keeping, &random)
        seen = durable
        mayDiffer = false
    }

    /// A byte that changes on the disk by itself, or a sector that is lost.
    package mutating func rot(_ range: Range<Int>, with bytes: [UInt8]) {
        durable.replaceSubrange(range, with: bytes)
        seen.replaceSubrange(range, with: bytes)
    }

    private mutating func settle(_ keeping: FakeDisk.Keeping, _ random: inout SeededGenerator) {
        defer { changes = [] }
        guard !changes.isEmpty else { return }
        switch keeping {
        case .nothing, .names: break
        case .everything, .bytes: for change in changes { Self.apply(change, to: &durable) }
        case .some: settleSome(&random)
        }
    }

    /// Each sector as it was after any number of its changes, and the size as it was after any number of all.
    ///
    /// So any subset of unsynchronized sectors is there, in any order, with holes, which read as zeros.
    private mutating func settleSome(_ random: inout SeededGenerator) {
        var size = durable.count
        var sizes = [size]
        for change in changes {
            switch change {
            case .write(let bytes, let offset): size = max(size, offset + bytes.count)
            case .truncate(let new): size = new
            }
            sizes.append(size)
        }
        let kept = sizes[Int.random(in: 0..<sizes.count, using: &random)]
        var result = durable
        let most = sizes.max() ?? 0
        result.append(contentsOf: [UInt8](repeating: 0, count: max(0, most - result.count)))
        // How many of the changes to each sector the disk still takes.
        let sectors = most / Self.sectorBytes + 1
        let takes = (0..<sectors).map { _ in Int.random(in: 0...changes.count, using: &random) }
        for (number, change) in changes.enumerated() {
            switch change {
            case .write(let bytes, let offset):
                var position = offset
                while position < offset + bytes.count {
                    let sector = position / Self.sectorBytes
                    let end = min((sector + 1) * Self.sectorBytes, offset + bytes.count)
                    if takes[sector] > number {
                        result.replaceSubrange(position..<end, with: bytes[position - offset..<end - offset])
                    }
                    position = end
                }
            case .truncate(let size):
                var position = min(size, result.count)
                while position < result.count {
                    let sector = position / Self.sectorBytes
                    let end = min((sector + 1) * Self.sectorBytes, result.count)
                    if takes[sector] > number {
                        result.replaceSubrange(position..<end, with: [UInt8](repeating: 0, count: end - position))
                    }
                    position = end
                }
            }
        }
        Self.apply(.truncate(kept), to: &result)
        durable = result
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let new, let offset):
            if bytes.count < offset { bytes += [UInt8](repeating: 0, count: offset - bytes.count) }
            if bytes.count == offset { return bytes += new }
            bytes.replaceSubrange(offset..<min(offset + new.count, bytes.count), with: new)
        case .truncate(let size):
            if bytes.count > size {
                bytes.removeLast(bytes.count - size)
            } else {
                bytes.append(contentsOf: [UInt8](repeating: 0, count: size - bytes.count))
            }
        }
    }
}
