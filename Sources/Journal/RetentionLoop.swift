import Logging
import Posix
import SystemPackage
import Threading

/// What the retention's thread does: decides, and deletes what goes, one segment at a time.
///
/// The catalog forgets a segment before its file goes, so that a reader finds a gap and never a missing file. Each name
/// is off the disk before the next is taken away, so that a crash leaves the newest segments and no hole.
struct RetentionLoop {
    /// How long until it looks again by itself.
    static let pause = Duration.seconds(60)
    /// How long until it looks again while a hold blocks.
    static let pauseBlocked = Duration.seconds(1)

    let fileSystem: any FileSystem
    let directory: String
    let catalog: Monitor<Catalog>
    let queue: Monitor<AppendQueue>
    let retention: Retention
    let holds: @Sendable () -> [RetentionHold]
    let now: @Sendable () -> WallTime
    let logger: Logger

    /// What the catalog has forgotten and the disk has not.
    private var departing: [RetentionDecision.Departure] = []
    private var block: RetentionDecision.Block?
    private var hasTold = false
    private var hasEnded = false

    init(
        fileSystem: any FileSystem,
        directory: String,
        catalog: Monitor<Catalog>,
        queue: Monitor<AppendQueue>,
        limits: RetentionLimits,
        holds: @escaping @Sendable () -> [RetentionHold],
        now: @escaping @Sendable () -> WallTime,
        logger: Logger
    ) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.catalog = catalog
        self.queue = queue
        retention = Retention(limits: limits)
        self.holds = holds
        self.now = now
        self.logger = logger
    }

    /// Decides once and deletes what goes.
    ///
    /// - Returns: How long until it is worth to look again.
    mutating func step() -> Duration {
        // A journal that is not written to yet is still being repaired.
        guard !hasEnded, queue.withLock({ $0.state == .open }) else { return Self.pause }
        // The segments before the holds: an event of a sealed segment is known to whoever holds it.
        let segments = catalog.withLock { $0.segments }
        let decision = retention.decide(
            sealed: segments.dropLast().compactMap { RetentionSegment($0) },
            activeBytes: segments.last?.bytes ?? 0,
            holds: holds(),
            now: now()
        )
        departing += decision.departures
        catalog.withLock { catalog in
            for departure in decision.departures { catalog.removeFirst(departure.segment.ids) }
        }
        delete()
        take(decision.block)
        return block == nil ? Self.pause : Self.pauseBlocked
    }

    /// Takes away the files of what departs, as far as the disk lets it.
    private mutating func delete() {
        while let departure = departing.first {
            let path = directory + "/" + departure.segment.fileName
            do throws(SystemCallError) {
                try removeIfThere(path)
                try removeIfThere(path.replacingSuffix(".jsonl", with: ".index"))
            } catch {
                if !hasTold {
                    logger.warning(
                        "events past the journal's limits could not be deleted; it is tried again",
                        metadata: ["segment": "\(departure.segment.fileName)", "error": "\(error)"]
                    )
                }
                hasTold = true
                return
            }
            do throws(SystemCallError) {
                try fileSystem.synchronizeDirectory(directory)
            } catch {
                // The kernel tells of a failure once (fsync(2)); it may be that of a segment just made.
                hasEnded = true
                queue.withLock { $0.breakDown(error) }
                queue.notifyAll()
                return
            }
            departing.removeFirst()
            hasTold = false
            logger.notice(
                "events past the journal's limits were deleted",
                metadata: [
                    "segment": "\(departure.segment.fileName)", "first": "\(departure.segment.ids.lowerBound)",
                    "last": "\(departure.segment.ids.upperBound)", "bytes": "\(departure.segment.bytes)",
                    "limit": "\(departure.reason.rawValue)",
                ]
            )
        }
    }

    private func removeIfThere(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try fileSystem.remove(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
    }

    /// Has events refused while somebody blocks, and tells when that begins and ends.
    private mutating func take(_ new: RetentionDecision.Block?) {
        let old = block
        block = new
        if new != old { queue.withLock { [new] in $0.block(new) } }
        if let new, old?.refusal != new.refusal || old?.holds.map(\.holder) != new.holds.map(\.holder) {
            logger.error(
                new.refusal == .everything
                    ? "the journal has reached its byte limit and its oldest events are still needed; events are refused"
                    : "the journal has reached its byte limit and its oldest events are still needed; submissions are refused",
                metadata: [
                    "holder": "\(new.holds.map(\.holder).joined(separator: ", "))",
                    "needs events behind": "\(new.holds.map(\.cursor).min() ?? 0)",
                ]
            )
        } else if new == nil, old != nil {
            logger.notice("the journal is within its byte limit again")
        }
    }
}

extension RetentionSegment {
    /// A segment of the catalog; `nil` when it has no events.
    init?(_ segment: Segment) {
        guard let ids = segment.ids, let newest = segment.index.blocks.map(\.latest).max() else { return nil }
        self.init(fileName: segment.name.fileName, ids: ids, bytes: segment.bytes, newest: newest)
    }
}

extension String {
    /// The text with another ending; as it is when it does not end so.
    fileprivate func replacingSuffix(_ suffix: String, with other: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
    }
}
