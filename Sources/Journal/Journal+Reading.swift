package import Posix
import Threading

extension Journal {
    /// Reads one event.
    ///
    /// - Returns: The event; `nil` when there is none of that id, because it is not kept any more or its bytes went bad.
    /// - Throws: ``JournalError``, `ahead` when the id is beyond the last durable event.
    package func event(_ id: UInt64) throws(JournalError) -> EventLine? {
        guard id > 0 else { return nil }
        let last = durable.last
        guard id <= last else { throw JournalError(.ahead, "there is no event \(id) yet; the last one is \(last)") }
        var bytes: [UInt8] = []
        let reader = try reader(after: id - 1)
        // A block: the line stands in the first one that is read, or behind lines that do. A gap means that there is none.
        guard try reader.read(into: &bytes, limit: SegmentIndex.blockBytes) == .lines else { return nil }
        let line = bytes.firstIndex(of: UInt8(ascii: "\n")).map { Array(bytes[...$0]) } ?? []
        return (try? EventLine.parse(line)).flatMap { $0.id == id ? $0 : nil }
    }

    /// Begins to read behind an event; 0 begins with the first that is kept, and so does any id before it.
    ///
    /// - Throws: ``JournalError``, `ahead` when the id is beyond the last durable event.
    package func reader(after id: UInt64) throws(JournalError) -> JournalReader {
        let (first, last, place, end) = catalog.withLock { catalog in
            let first = catalog.first
            let newest = catalog.segments[catalog.segments.count - 1]
            return (first, catalog.last, catalog.place(behind: max(id, first - 1)), (newest.name, newest.bytes))
        }
        guard id <= last else {
            throw JournalError(.ahead, "there is no event \(id) yet; the last one is \(last)")
        }
        return JournalReader(journal: self, after: max(id, first - 1), place: place ?? end)
    }

    /// Takes note that a reader met bytes in a segment that are no event.
    func tellOfDamage(in segment: SegmentName) {
        indexing.withLock { $0.add(.damaged(segment)) }
        indexing.notifyOne()
    }

    /// Begins to read with the first event that was recorded at a time or later.
    ///
    /// - Throws: ``JournalError``.
    package func reader(from time: WallTime) throws(JournalError) -> JournalReader {
        let next = try sequence(atOrAfter: time)
        return try reader(after: next - 1)
    }

    /// The id of the first event that was recorded at a time or later; the next id to come when there is none.
    ///
    /// Times need not rise with ids: the clock can be set back. The first in the order of ids counts.
    ///
    /// - Throws: ``JournalError``.
    package func sequence(atOrAfter time: WallTime) throws(JournalError) -> UInt64 {
        let (place, last) = catalog.withLock { ($0.place(atOrAfter: time), $0.last) }
        guard let place else { return last + 1 }
        let reader = JournalReader(
            journal: self,
            after: place.block.firstID - 1,
            place: (place.name, place.block.offset)
        )
        var lines: [UInt8] = []
        while true {
            switch try reader.read(into: &lines, limit: SegmentIndex.blockBytes) {
            case .lines: break
            case .caughtUp: return last + 1
            case .gap: continue
            }
            for line in lines.split(separator: UInt8(ascii: "\n")) {
                if let event = try? EventLine.parse(Array(line)), event.time >= time { return event.id }
            }
            lines.removeAll(keepingCapacity: true)
        }
    }
}
