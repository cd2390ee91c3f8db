import DequeModule
import Logging
import Posix
import Threading

/// What the journal's thread does: takes batches from the queue, commits them, and tells everybody, in this order.
struct JournalLoop {
    let queue: Monitor<AppendQueue>
    var committer: Committer
    let gathering: GatherPolicy
    let producers: Producers
    let clock: JournalClock
    let logger: Logger
    private var lastBatchCount = 0
    private var isFull = false

    init(
        queue: Monitor<AppendQueue>,
        committer: Committer,
        gathering: GatherPolicy,
        producers: Producers,
        clock: JournalClock,
        logger: Logger
    ) {
        self.queue = queue
        self.committer = committer
        self.gathering = gathering
        self.producers = producers
        self.clock = clock
        self.logger = logger
    }

    /// Works until the queue is closed and empty, or the journal is poisoned.
    mutating func run() {
        while true {
            let (waiting, breakdown) = queue.wait(until: { $0.needsService }, { ($0.count, $0.breakdown) })
            if let breakdown {
                poison([], breakdown)
                return
            }
            if waiting == 0 { return }
            gather(waiting)
            let now = clock.now()
            let (batch, expired) = queue.withLock { $0.takeBatch(now: now) }
            for append in expired { append.completion(.failed(.tooOld)) }
            if !batch.isEmpty, !commit(batch) { return }
        }
    }

    /// Lets the batch grow as long as the policy says that it pays.
    private func gather(_ waiting: Int) {
        guard lastBatchCount > 1 else { return }
        let began = clock.now()
        var count = waiting
        var arrivals: Int?
        producers.watch(true)
        defer { producers.watch(false) }
        while true {
            let decision = gathering.decide(
                lastBatchCount: lastBatchCount,
                waiting: count,
                areIdle: producers.areIdle,
                arrivals: arrivals,
                waited: clock.now() - began
            )
            let isComplete: Bool
            switch decision {
            case .write:
                return
            case .waitWhileBusy(let limit):
                (count, isComplete) = queue.wait(
                    atMost: limit,
                    until: { $0.isBatchComplete || producers.areIdle },
                    { queue, _ in (queue.count, queue.isBatchComplete) }
                )
                arrivals = nil
            case .pause(let limit):
                let before = count
                (count, isComplete) = queue.wait(
                    atMost: limit,
                    until: { $0.isBatchComplete },
                    { queue, holds in (queue.count, holds) }
                )
                arrivals = count - before
            }
            if isComplete { return }
        }
    }

    /// Commits a batch and tells what became of it; false when nothing may be written any more.
    private mutating func commit(_ batch: [PendingAppend]) -> Bool {
        lastBatchCount = batch.count
        switch committer.commit(batch) {
        case .durable(let firstID, let bytes, let sync):
            let observers = queue.withLock { queue in
                queue.committed(events: batch.count, bytes: bytes, sync: sync)
                return queue.observers
            }
            for (offset, append) in batch.enumerated() { append.completion(.durable(firstID + UInt64(offset))) }
            for observer in observers { observer(firstID + UInt64(batch.count) - 1) }
            if isFull { logger.notice("the journal has room again") }
            isFull = false
            return true
        case .full(let error):
            queue.withLock { $0.foundNoRoom(events: batch.count) }
            if !isFull {
                logger.error(
                    "the journal has no room; events are refused until it has",
                    metadata: ["error": "\(error)"]
                )
            }
            isFull = true
            for append in batch { append.completion(.failed(.full)) }
            return true
        case .poisoned(let error):
            poison(batch, error)
            return false
        }
    }

    /// Ends it for good, and tells everybody who waits.
    private func poison(_ batch: [PendingAppend], _ error: SystemCallError) {
        let rest = queue.withLock { $0.poison(failing: batch.count) }
        logger.critical(
            "the journal cannot be written any more; check the disk and start again",
            metadata: ["error": "\(error)"]
        )
        for append in batch { append.completion(.failed(.poisoned)) }
        for append in rest { append.completion(.failed(.poisoned)) }
    }
}
