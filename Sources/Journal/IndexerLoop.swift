import DequeModule
import Logging
import Posix
import Threading

/// What the thread beside the journal's own has to do, and has done.
struct IndexerQueue: Sendable {
    /// One thing to do.
    enum Task: Equatable, Sendable {
        /// Nothing more will be written to a segment: it gets its index.
        case sealed(SegmentName)
        /// A reader met bytes that are no event: the index no longer speaks for the segment.
        case damaged(SegmentName)
    }

    private var tasks: Deque<Task> = []
    private var damaged: Set<SegmentName> = []
    private(set) var isClosed = false

    /// Whether there is something to do.
    var needsService: Bool { isClosed || !tasks.isEmpty }

    /// Adds a task, unless it was told before.
    mutating func add(_ task: Task) {
        if case .damaged(let name) = task, !damaged.insert(name).inserted { return }
        tasks.append(task)
    }

    /// Takes out the next task; `nil` when there is none, or nobody waits for it any more.
    mutating func next() -> Task? {
        isClosed ? nil : tasks.popFirst()
    }

    /// Leaves what there is to do to the next start.
    mutating func close() {
        isClosed = true
    }
}

/// Keeps the indexes of sealed segments, on a thread of its own, so that no event waits for it.
struct IndexerLoop: Sendable {
    let queue: Monitor<IndexerQueue>
    let catalog: Monitor<Catalog>
    let fileSystem: any FileSystem
    /// The journal's directory.
    let directory: String
    let logger: Logger

    /// Works until the queue is closed.
    func run() {
        while let task = queue.wait(until: \.needsService, { $0.next() }) {
            switch task {
            case .sealed(let name): index(name)
            case .damaged(let name): withdraw(name, "a reader met bytes in the journal that are no event")
            }
        }
    }

    private var indexes: IndexStore { IndexStore(fileSystem: fileSystem, directory: directory) }

    private func index(_ name: SegmentName) {
        do throws(SystemCallError) {
            guard isKept(name) else { return }
            var reading = IndexReading(
                name: name,
                file: try fileSystem.open(directory + "/" + name.fileName, .reading),
                lastID: name.first - 1
            )
            while try reading.step() {
                if queue.withLock({ $0.isClosed }) { return }
            }
            let survey = reading.finish()
            guard survey.scan.bad.isEmpty, let index = survey.index else {
                withdraw(name, "a segment was read again and holds bytes that are no event")
                return
            }
            try indexes.write(index)
            // It may have been removed meanwhile, and its index with it.
            if !isKept(name) { try indexes.remove(name) }
        } catch {
            logger.warning(
                "a segment has no index; the next start reads all of it",
                metadata: ["segment": "\(name.fileName)", "error": "\(error)"]
            )
        }
    }

    private func isKept(_ name: SegmentName) -> Bool {
        catalog.withLock { $0.view(of: name) != nil }
    }

    /// Without an index the next start reads the segment, and moves what is bad into quarantine.
    private func withdraw(_ name: SegmentName, _ message: Logger.Message) {
        logger.error(
            "\(message); the next start moves them into quarantine",
            metadata: ["segment": "\(name.fileName)"]
        )
        // Most often there is none.
        try? indexes.remove(name)
    }
}
