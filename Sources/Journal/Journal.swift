package import Logging
import Posix
package import SystemPackage
import Threading

/// The ordered log of all events: what it says is durable is on disk, in order, for good.
///
/// Any thread may call. One thread of the journal's own writes and synchronizes.
package final class Journal: Sendable {
    /// What tells this journal from every other, `urn:uuid:…`.
    package let source: String

    let directory: String
    let fileSystem: any FileSystem
    let clock: JournalClock
    /// Who is at work on what may become an event; whoever appends many should say so.
    package let producers: Producers
    let queue: Monitor<AppendQueue>
    let catalog: Monitor<Catalog>
    let retention = Monitor<RetentionKeeper?>(nil)
    let indexing: Monitor<IndexerQueue>
    private let thread: WorkerThread
    private let indexer: WorkerThread
    /// Open as long as this process has the journal.
    private let lock: Monitor<(any File)?>

    /// Opens a journal, making it where there is none.
    ///
    /// Repairs what a crash left, hands a summary of every event to `replay` in order, and takes the lock that keeps
    /// other processes out until ``close()``. Segments with an index are not read, but for the journal's last 4 MiB.
    ///
    /// A disk that is there and can only be read makes a journal that can only be read: ``failure`` is
    /// ``JournalFailure/readOnly`` for as long as it is open. Where there is no room for what a start has to write,
    /// ``failure`` is ``JournalFailure/full`` until there is.
    ///
    /// - Parameters:
    ///   - directory: Where its files are; made with mode 0750 if missing.
    ///   - options: Its limits.
    ///   - fileSystem: The disk.
    ///   - clock: For waits and ages.
    ///   - logger: Where repairs and failures are told.
    ///   - replay: Called for each event that is in the journal, on the calling thread, before this returns.
    /// - Returns: The journal, ready to be written to.
    /// - Throws: ``JournalError``, `locked` with the other's process id, `needsRepair` where the options forbid a repair.
    package static func open(
        directory: FilePath,
        options: JournalOptions,
        fileSystem: any FileSystem = PosixFileSystem(),
        clock: JournalClock = .monotonic,
        logger: Logger,
        replay: (EventSummary) -> Void = { _ in }
    ) throws(JournalError) -> Journal {
        guard let path = String(validating: directory) else {
            throw JournalError(
                .notText,
                "the path of the journal, \(directory), is not UTF-8; choose another directory"
            )
        }
        let opening = try JournalOpening(
            directory: path,
            options: options,
            fileSystem: fileSystem,
            logger: logger,
            replay: replay
        )
        return Journal(opening, options: options, clock: clock, logger: logger)
    }

    private init(_ opening: JournalOpening, options: JournalOptions, clock: JournalClock, logger: Logger) {
        source = opening.source
        directory = opening.directory.path
        fileSystem = opening.directory.fileSystem
        self.clock = clock
        let queue = Monitor(AppendQueue(options: options))
        let producers = Producers {
            // Under the lock, for whoever has just found somebody at work and is about to wait.
            queue.withLock { _ in }
            queue.notifyAll()
        }
        self.producers = producers
        let catalog = Monitor(opening.catalog)
        if let impairment = opening.impairment {
            queue.withLock { $0.impair(impairment.failure) }
            logger.error(
                impairment.failure == .readOnly
                    ? "the journal can be read and not written to; events are refused until this is started again"
                    : "the journal has no room for a start; events are refused until it has",
                metadata: ["error": "\(impairment.error)"]
            )
        }
        let indexing = Monitor(IndexerQueue())
        let indexerLoop = IndexerLoop(
            queue: indexing,
            catalog: catalog,
            fileSystem: fileSystem,
            directory: directory,
            logger: logger
        )
        self.indexing = indexing
        indexer = WorkerThread(name: "journal index") { indexerLoop.run() }
        self.queue = queue
        self.catalog = catalog
        lock = Monitor(opening.lock)
        thread = WorkerThread(name: "journal") {
            let recovered = opening.recover(queue, catalog, pause: options.roomPause, logger: logger)
            guard let recovered else { return }
            let committer = opening.committer(
                recovered,
                catalog: catalog,
                options: options,
                clock: clock,
                logger: logger
            ) { sealed in
                guard options.indexesSealed else { return }
                indexing.withLock { $0.add(.sealed(sealed)) }
                indexing.notifyOne()
            }
            var loop = JournalLoop(
                queue: queue,
                committer: committer,
                gathering: options.gathering,
                producers: producers,
                clock: clock,
                logger: logger
            )
            loop.run()
        }
    }

    deinit {
        close()
    }

    /// The ids that can be read; `last` is `first - 1` when there are none.
    ///
    /// Ids between them may be missing where bytes went bad: see ``JournalReader/Outcome/gap(_:)``.
    package var durable: (first: UInt64, last: UInt64) {
        catalog.withLock { ($0.first, $0.last) }
    }

    /// The durable bytes of all segments.
    package var bytes: Int {
        catalog.withLock { $0.bytes }
    }

    /// Why nothing is stored at the moment; `nil` while all is well.
    ///
    /// ``JournalFailure/poisoned`` and ``JournalFailure/readOnly`` stay; ``JournalFailure/full`` goes when an event found
    /// room, and ``JournalFailure/held`` when the hold has moved.
    package var failure: JournalFailure? {
        queue.withLock { $0.failure }
    }

    /// Why the next event is refused without being tried; `nil` while it is tried.
    ///
    /// It is ``failure``, but for a disk that was full: only the next event shows whether it still is.
    package var refusal: JournalFailure? {
        queue.withLock { $0.refusal }
    }

    /// What was done so far.
    package var statistics: JournalStatistics {
        queue.withLock { $0.currentStatistics }
    }

    /// Calls `observer` on the journal's thread with the last durable id, after each batch's completions.
    ///
    /// It must be short and must not wait. It stays until the journal is closed.
    package func onDurable(_ observer: @escaping @Sendable (UInt64) -> Void) {
        queue.withLock { $0.add(observer) }
    }

    /// Writes what waits, ends the thread, and lets the next process in; later calls change nothing.
    ///
    /// Blocks as long as the writing takes. Not to be called from a completion or an observer.
    package func close() {
        retention.withLock { keeper in
            defer { keeper = nil }
            return keeper
        }?.close()
        queue.withLock { $0.close() }
        queue.notifyAll()
        thread.join()
        indexing.withLock { $0.close() }
        indexing.notifyAll()
        indexer.join()
        lock.withLock { $0 = nil }
    }
}
