import Logging
import Posix
import SystemPackage
import Threading

/// Writes batches: one write and one sync each, and decides what a failure means.
///
/// No thread and no queue: whoever holds it decides when.
struct Committer: Sendable {
    /// What became of a batch.
    enum Outcome: Sendable {
        /// All of it is on disk; the ids rise by one from the first.
        case durable(firstID: UInt64, bytes: Int, sync: Duration)
        /// None of it is on disk, and the file ends where it ended before.
        case full(SystemCallError)
        /// Nobody knows what is on disk; nothing may be written any more.
        case poisoned(SystemCallError)
    }

    private let fileSystem: any FileSystem
    private let directory: String
    private let catalog: Monitor<Catalog>
    private let clock: JournalClock
    private let logger: Logger
    private let segmentBytesMax: Int
    private let segmentAgeMax: Duration
    private let onSealed: @Sendable (SegmentName) -> Void

    private var file: any File
    /// Where the segment ends, all of it durable.
    private var end = 0
    private var began: Duration
    private var nextID: UInt64
    /// A segment at its size limit by the system's reckoning is left for a new one.
    private var leavesSegment = false
    /// A failure to make a segment is told once, not for each batch.
    private var toldOfSegment = false
    private var buffer: [UInt8] = []

    init(
        fileSystem: any FileSystem,
        directory: String,
        active: any File,
        nextID: UInt64,
        catalog: Monitor<Catalog>,
        options: JournalOptions,
        clock: JournalClock,
        logger: Logger,
        onSealed: @escaping @Sendable (SegmentName) -> Void = { _ in }
    ) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.catalog = catalog
        self.clock = clock
        self.logger = logger
        self.onSealed = onSealed
        segmentBytesMax = options.segmentBytesMax
        segmentAgeMax = options.segmentAgeMax
        file = active
        began = clock.now()
        self.nextID = nextID
    }

    /// Writes a batch and has it synchronized; it is readable when this returns `durable`.
    mutating func commit(_ batch: [PendingAppend]) -> Outcome {
        do throws(SystemCallError) {
            try rotateIfDue()
        } catch {
            return .poisoned(error)
        }
        let lines = encode(batch)
        do throws(SystemCallError) {
            try file.writeAll(buffer.span, at: end)
        } catch {
            return cutBack(after: error)
        }
        let began = clock.now()
        do throws(SystemCallError) {
            try file.synchronizeData()
        } catch {
            return .poisoned(error)
        }
        let sync = clock.now() - began
        let firstID = nextID
        end += buffer.count
        nextID += UInt64(batch.count)
        catalog.withLock { $0.commit(lines) }
        let bytes = buffer.count
        // A single large event must not keep its room for ever.
        if buffer.capacity > 4 << 20 { buffer = [] }
        return .durable(firstID: firstID, bytes: bytes, sync: sync)
    }

    private mutating func encode(_ batch: [PendingAppend]) -> [CommittedLine] {
        buffer.removeAll(keepingCapacity: true)
        buffer.reserveCapacity(batch.reduce(0) { $0 + $1.event.lineBytesMax })
        var lines: [CommittedLine] = []
        lines.reserveCapacity(batch.count)
        for append in batch {
            let start = buffer.count
            let id = nextID + UInt64(lines.count)
            append.event.appendLine(id: id, to: &buffer)
            lines.append(CommittedLine(id: id, bytes: buffer.count - start, time: append.time))
        }
        return lines
    }

    /// After a write that failed: a full disk leaves the journal as it was, anything else ends it.
    private mutating func cutBack(after error: SystemCallError) -> Outcome {
        switch error.errno {
        case .noSpace, .diskQuotaExceeded: break
        // The limit is on one file (setrlimit(2), RLIMIT_FSIZE), so a new segment may have room.
        case .fileTooLarge: leavesSegment = true
        default: return .poisoned(error)
        }
        do throws(SystemCallError) {
            try file.truncate(to: end)
            try file.synchronizeData()
            return .full(error)
        } catch {
            return .poisoned(error)
        }
    }

    /// Begins a new segment when the present one is large or old enough.
    ///
    /// Where none can be made, the present one goes on: its size is a matter of taste, a refused event is not.
    ///
    /// - Throws: What a sync failed with; then nothing may be written any more.
    private mutating func rotateIfDue() throws(SystemCallError) {
        guard end > 0, leavesSegment || end >= segmentBytesMax || clock.now() - began >= segmentAgeMax else { return }
        let name = SegmentName(first: nextID)
        let made: any File
        do throws(SystemCallError) {
            made = try fileSystem.open(directory + "/" + name.fileName, .makingNew)
        } catch {
            if !toldOfSegment {
                logger.warning("no new segment could be made; the present one goes on", metadata: ["error": "\(error)"])
            }
            toldOfSegment = true
            return
        }
        try made.synchronize()
        try fileSystem.synchronizeDirectory(directory)
        file = made
        end = 0
        began = clock.now()
        leavesSegment = false
        toldOfSegment = false
        if let sealed = catalog.withLock({ $0.append(name) }) { onSealed(sealed) }
    }
}
