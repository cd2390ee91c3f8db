import Posix
import SystemPackage
import Threading

/// A place in the journal that reads onward; one for each subscriber, used by one thread at a time.
///
/// It holds no lock while it reads and no bytes between reads, so a slow one costs a file descriptor and nothing else.
/// Every line is checked before it is handed out: bytes that went bad on disk are a gap, and what follows them is read.
package final class JournalReader {
    /// What one read came to.
    package enum Outcome: Equatable, Sendable {
        /// Whole lines were appended.
        case lines
        /// There is nothing more that is durable.
        case caughtUp
        /// These ids are not in the journal; the next read goes on behind them.
        case gap(ClosedRange<UInt64>)
    }

    /// The id of the last event handed out, or skipped by a gap; before that, of the one it began behind.
    package private(set) var lastID: UInt64

    private let journal: Journal
    private var place: (name: SegmentName, offset: Int)
    private var file: (any File)?

    init(journal: Journal, after id: UInt64, place: (name: SegmentName, offset: Int)) {
        self.journal = journal
        self.place = place
        lastID = id
    }

    /// How many durable bytes come behind this place; before the first read that may count lines before it as well, up to
    /// a block of the index.
    package var bytesLeft: Int {
        journal.catalog.withLock { $0.bytes(behind: place.offset, in: place.name) }
    }

    /// Where the next event is looked for: the first id of a segment, and an offset in it.
    package var nextPlace: (segment: UInt64, offset: Int) { (place.name.first, place.offset) }

    /// Goes to where another reader of the same journal is.
    ///
    /// - Parameters:
    ///   - nextPlace: The other's ``nextPlace``.
    ///   - lastID: The other's ``lastID``.
    package func go(to nextPlace: (segment: UInt64, offset: Int), lastID: UInt64) {
        if nextPlace.segment != place.name.first { file = nil }
        place = (SegmentName(first: nextPlace.segment), nextPlace.offset)
        self.lastID = lastID
    }

    /// Appends whole lines, each with its line feed, none of them beyond the durable end.
    ///
    /// - Parameters:
    ///   - buffer: What to append to.
    ///   - limit: The most bytes, but for a single line that is longer, which comes alone and whole.
    /// - Returns: What came of it.
    /// - Throws: ``JournalError``.
    package func read(into buffer: inout [UInt8], limit: Int) throws(JournalError) -> Outcome {
        precondition(limit > 0, "a read of nothing")
        while true {
            guard let view = journal.catalog.withLock({ $0.view(of: place.name) }) else {
                throw pruned
            }
            if place.offset < view.bytes {
                if let outcome = try readLines(into: &buffer, limit: limit, view) { return outcome }
            } else if let next = view.next {
                place = (next, 0)
                file = nil
            } else if lastID < view.last {
                return skip(to: view.last)
            } else {
                return .caughtUp
            }
        }
    }

    private func skip(to id: UInt64) -> Outcome {
        let gap = lastID + 1...id
        lastID = id
        return .gap(gap)
    }

    /// Reads in the present segment; `nil` when nothing that came is to be handed out.
    private func readLines(
        into buffer: inout [UInt8],
        limit: Int,
        _ view: Catalog.View
    ) throws(JournalError) -> Outcome? {
        let start = buffer.count
        var wanted = limit
        while true {
            do throws(SystemCallError) {
                let file = try openFile()
                try file.readAll(min(wanted, view.bytes - place.offset), at: place.offset, appendingTo: &buffer)
            } catch {
                buffer.removeLast(buffer.count - start)
                throw isGone(error) ? pruned : JournalError(error)
            }
            let walk = LineWalk(
                buffer,
                from: start,
                fileOffset: place.offset,
                ids: lastID..<max(lastID, view.lastID ?? 0) + 1
            )
            if walk.isDamaged { journal.tellOfDamage(in: place.name) }
            if walk.end == start, walk.gapEnd == nil {
                // Not one whole line: it is longer than the limit. Come again for more, up to all there is.
                let came = buffer.count - start
                buffer.removeLast(came)
                if came == wanted, wanted < view.bytes - place.offset, wanted < LineFormat.lineBytesMax {
                    wanted = min(wanted > limit ? wanted * 2 : max(wanted * 2, 64 << 10), LineFormat.lineBytesMax)
                    continue
                }
                // No line is longer than that, and a durable one is whole: what there is has gone bad.
                journal.tellOfDamage(in: place.name)
                place.offset += came == wanted ? came : view.bytes - place.offset
                return nil
            }
            return take(walk, from: start, isLong: wanted > limit, &buffer)
        }
    }

    /// Keeps what the walk found to be next, and moves on.
    private func take(_ walk: LineWalk, from start: Int, isLong: Bool, _ buffer: inout [UInt8]) -> Outcome? {
        if walk.begin == walk.end {
            // Lines that the reader began behind, or none at all, and perhaps a gap after them.
            place.offset += walk.end - start
            buffer.removeLast(buffer.count - start)
            return walk.gapEnd.map { skip(to: $0) }
        }
        let end = isLong ? walk.firstEnd : walk.end
        place.offset += end - start
        lastID = isLong ? walk.firstID : walk.lastID
        buffer.removeLast(buffer.count - end)
        buffer.removeSubrange(start..<walk.begin)
        return .lines
    }

    /// Retention may take a segment away between the look into the catalog and the opening of its file.
    private func isGone(_ error: SystemCallError) -> Bool {
        error.errno == .noSuchFileOrDirectory && journal.catalog.withLock { $0.view(of: place.name) == nil }
    }

    private var pruned: JournalError {
        JournalError(.pruned, "the event after \(lastID) is no longer kept; begin with the first that is")
    }

    private func openFile() throws(SystemCallError) -> any File {
        if let file { return file }
        let opened = try journal.fileSystem.open(journal.directory + "/" + place.name.fileName, .reading)
        file = opened
        return opened
    }
}
