import DequeModule
import Posix

/// An event that waits to be written.
struct PendingAppend: Sendable {
    let event: EncodedEvent
    let time: WallTime
    /// Whether it is the first event of something that more events will follow.
    var isBeginning = false
    /// When it was handed in, by the journal's clock.
    let arrival: Duration
    let completion: @Sendable (AppendOutcome) -> Void
}

/// The events that wait, and whether more may come.
///
/// A value without a lock or a clock: the journal keeps it behind the one monitor that callers and journal thread share.
struct AppendQueue: Sendable {
    /// Whether events are taken.
    enum State: Equatable, Sendable {
        /// Not yet: the disk took nothing when the journal was opened. Next: `open`, `closing`.
        case impaired(JournalFailure)
        /// Yes. Next: `closing`, `poisoned`.
        case open
        /// No; what waits will still be written. Next: `poisoned`.
        case closing
        /// Never again: what is on disk is not known any more.
        case poisoned
    }

    private(set) var state = State.open
    /// Whether the latest batch found no room.
    private(set) var isFull = false
    /// What keeps the journal above its byte limit.
    private(set) var block: RetentionDecision.Block?
    /// A failure that another thread met and after which nothing may be written.
    private(set) var breakdown: SystemCallError?
    private(set) var statistics = JournalStatistics()
    private(set) var observers: [@Sendable (UInt64) -> Void] = []
    private var pending = Deque<PendingAppend>()
    private var pendingBytes = 0
    private let options: JournalOptions

    init(options: JournalOptions) {
        self.options = options
    }

    /// How many wait.
    var count: Int { pending.count }

    /// Whether the journal thread has something to do.
    var needsService: Bool { !pending.isEmpty || state == .closing || breakdown != nil }

    /// Whether it makes no sense to wait for more.
    var isBatchComplete: Bool {
        pending.count >= options.batchEventsMax || pendingBytes >= options.batchBytesMax || state == .closing
    }

    /// Why nothing is stored at the moment.
    var failure: JournalFailure? {
        switch state {
        case .poisoned: .poisoned
        case .closing: .closed
        case .impaired(let failure): failure
        case .open where block?.refusal == .everything: .held
        case .open: isFull ? .full : nil
        }
    }

    /// Why the next event is refused without being tried.
    var refusal: JournalFailure? { state == .open && failure == .full ? nil : failure }

    /// Takes an event in, unless there is a reason not to.
    ///
    /// - Returns: The reason, if there is one, and whether the journal thread has to be woken.
    mutating func admit(_ append: PendingAppend) -> (refusal: JournalFailure?, wakes: Bool) {
        if let refusal = refusal(append) {
            statistics.failures[refusal, default: 0] += 1
            return (refusal, false)
        }
        let wasComplete = isBatchComplete
        pending.append(append)
        pendingBytes += append.event.lineBytesMax
        return (nil, pending.count == 1 || (!wasComplete && isBatchComplete))
    }

    private func refusal(_ append: PendingAppend) -> JournalFailure? {
        switch state {
        case .poisoned: return .poisoned
        case .closing: return .closed
        case .impaired(let failure): return failure
        case .open: break
        }
        if let block, append.isBeginning || block.refusal == .everything { return .held }
        let bytes = append.event.lineBytesMax
        if bytes > LineFormat.lineBytesMax { return .tooLarge }
        if pending.count >= options.queueEventsMax || pendingBytes + bytes > options.queueBytesMax { return .queueFull }
        return nil
    }

    /// Takes out the next batch, and before it what has waited too long.
    mutating func takeBatch(now: Duration) -> (batch: [PendingAppend], expired: [PendingAppend]) {
        var expired: [PendingAppend] = []
        while let first = pending.first, now - first.arrival > options.queueAgeMax {
            expired.append(takeFirst(first))
        }
        var batch: [PendingAppend] = []
        var bytes = 0
        while let first = pending.first, batch.count < options.batchEventsMax,
            batch.isEmpty || bytes + first.event.lineBytesMax <= options.batchBytesMax
        {
            bytes += first.event.lineBytesMax
            batch.append(takeFirst(first))
        }
        if !expired.isEmpty { statistics.failures[.tooOld, default: 0] += expired.count }
        return (batch, expired)
    }

    private mutating func takeFirst(_ first: PendingAppend) -> PendingAppend {
        pending.removeFirst()
        pendingBytes -= first.event.lineBytesMax
        return first
    }

    /// Takes note of a batch that is durable.
    mutating func committed(events: Int, bytes: Int, sync: Duration) {
        isFull = false
        statistics.events += events
        statistics.bytes += bytes
        statistics.batches += 1
        statistics.lastBatchCount = events
        statistics.syncs.add(sync)
    }

    /// Takes note of a batch for which there was no room.
    mutating func foundNoRoom(events: Int) {
        isFull = true
        statistics.failures[.full, default: 0] += events
    }

    /// Takes nothing any more, for good.
    ///
    /// - Returns: What waits and will not be written.
    mutating func poison(failing events: Int) -> Deque<PendingAppend> {
        state = .poisoned
        statistics.failures[.poisoned, default: 0] += events + pending.count
        let rest = pending
        pending = Deque()
        pendingBytes = 0
        return rest
    }

    /// Takes nothing any more, but writes what waits.
    mutating func close() {
        if state != .poisoned { state = .closing }
    }

    /// Takes nothing yet: the disk did not let the journal be written to.
    mutating func impair(_ failure: JournalFailure) {
        if state == .open { state = .impaired(failure) }
    }

    /// Takes events from here on, if all that was in the way was the disk.
    mutating func reopen() {
        if case .impaired = state { state = .open }
    }

    /// Takes note of who keeps the journal above its byte limit, or that nobody does.
    mutating func block(_ new: RetentionDecision.Block?) {
        block = new
    }

    /// Has the journal's thread end it for good.
    mutating func breakDown(_ error: SystemCallError) {
        breakdown = breakdown ?? error
    }

    /// Adds somebody to be told of each batch.
    mutating func add(_ observer: @escaping @Sendable (UInt64) -> Void) {
        observers.append(observer)
    }

    /// The counts, with what waits now.
    var currentStatistics: JournalStatistics {
        var current = statistics
        current.queuedEvents = pending.count
        current.queuedBytes = pendingBytes
        return current
    }
}
