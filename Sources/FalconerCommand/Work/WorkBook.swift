/// Which events are being worked on, as a value: deliveries and outcomes go in, what to do comes out.
struct WorkBook {
    /// What to do.
    enum Action: Equatable {
        /// Work on this event, which was delivered so many times.
        case begin(UInt64, number: Int)
        /// Send this line to the service.
        case send(Line)
    }

    /// A line for the service.
    enum Line: Equatable {
        case ack(UInt64)
        case nak(UInt64, delay: Duration, reason: String)
        case term(UInt64, reason: String)
        case progress(UInt64)
    }

    /// The longest time after which a failed event is tried again: the time doubles with each failure.
    static let backoffMax = Duration.seconds(300)
    /// How much longer it takes when the work asked for a later try and said no time.
    static let laterFactor = 10
    /// The longest time that the work may ask for; the service takes no longer one.
    static let laterMax = Duration.seconds(24 * 3_600)
    /// How many events are remembered as done, at the least, so that one that comes again is not worked on again.
    static let doneMin = 50_000

    private let concurrency: Int
    private let backoff: Duration
    /// How many more events are to be finished; nil for all.
    private(set) var remaining: Int?
    private var waiting: [UInt64] = []
    private(set) var running: Set<UInt64> = []
    private var numbers: [UInt64: Int] = [:]
    private var done: (recent: Set<UInt64>, older: Set<UInt64>) = ([], [])
    private(set) var isStopping = false

    /// Nothing is under way.
    ///
    /// - Parameters:
    ///   - concurrency: How many events may be worked on at once.
    ///   - backoff: How long after its first failure an event is tried again.
    ///   - count: How many events are to be finished; nil for all.
    init(concurrency: Int, backoff: Duration, count: Int?) {
        self.concurrency = concurrency
        self.backoff = backoff
        remaining = count
    }

    /// An event came, for the `number`-th time.
    mutating func delivered(_ id: UInt64, number: Int) -> [Action] {
        // With a first delivery somebody has begun anew, so what was done before does not count.
        if number > 1, done.recent.contains(id) || done.older.contains(id) { return [.send(.ack(id))] }
        numbers[id] = number
        guard !running.contains(id), !waiting.contains(id) else { return [] }
        waiting.append(id)
        return next()
    }

    /// The work on an event has ended.
    mutating func ended(_ id: UInt64, _ outcome: WorkOutcome) -> [Action] {
        running.remove(id)
        let number = numbers.removeValue(forKey: id) ?? 1
        let delay = min(backoff * (1 << min(max(number, 1) - 1, 20)), Self.backoffMax)
        let line: Line? =
            switch outcome {
            case .done: .ack(id)
            case .later(let time, let why):
                .nak(id, delay: min(max(time ?? delay * Self.laterFactor, delay), Self.laterMax), reason: why)
            case .failed(let why): .nak(id, delay: delay, reason: why)
            case .refused(let why): .term(id, reason: why)
            case .interrupted: .nak(id, delay: delay, reason: "interrupted")
            // The service has it back when the connection ends.
            case .impossible: nil
            }
        if outcome == .done { finished(id) }
        return (line.map { [.send($0)] } ?? []) + next()
    }

    /// What the service has to be told so that it does not give up on what is under way here.
    func timePassed() -> [Action] {
        (running.sorted() + waiting).map { .send(.progress($0)) }
    }

    /// From now on nothing is begun; what waits is given back when the connection ends.
    mutating func stop() {
        isStopping = true
    }

    /// The connection is lost: what has not begun is the service's again.
    mutating func disconnected() {
        for id in waiting { numbers[id] = nil }
        waiting = []
    }

    private mutating func finished(_ id: UInt64) {
        remaining = remaining.map { max(0, $0 - 1) }
        done.recent.insert(id)
        if done.recent.count >= Self.doneMin { done = ([], done.recent) }
    }

    private mutating func next() -> [Action] {
        var actions: [Action] = []
        // Never more at once than are wanted, so that a count is not exceeded.
        while !isStopping, running.count < min(concurrency, remaining ?? .max), !waiting.isEmpty {
            let id = waiting.removeFirst()
            running.insert(id)
            actions.append(.begin(id, number: numbers[id] ?? 1))
        }
        return actions
    }
}
