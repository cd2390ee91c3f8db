/// Which submissions are to be sent, and when.
///
/// A value without I/O: the threads of the outbox ask it what is next. It holds ids only; what to send stands in the
/// journal. Its time is whatever counts up, in microseconds.
package struct SendQueue: Sendable {
    /// The first wait after a request that certainly did not arrive, microseconds; it doubles each time.
    package static let firstDelay: Int64 = 1_000_000
    /// The longest wait, microseconds.
    package static let delayMax: Int64 = 60_000_000

    private var ready: [SubmissionID] = []
    private var readyStart = 0
    private var waiting: [(due: Int64, id: SubmissionID)] = []
    private var failures: [SubmissionID: Int] = [:]

    /// A queue with nothing in it.
    package init() {}

    /// How many submissions are to be sent, now or later.
    package var count: Int { ready.count - readyStart + waiting.count }

    /// When the next submission that waits is due; nil when none waits.
    package var nextDue: Int64? { waiting.first?.due }

    /// Adds a submission, to be sent as soon as its turn comes.
    package mutating func add(_ id: SubmissionID) {
        ready.append(id)
    }

    /// Puts back a submission that certainly did not arrive.
    ///
    /// - Parameters:
    ///   - id: The submission.
    ///   - now: The time.
    ///   - atLeast: A wait that fal asked for, microseconds.
    ///   - jitter: A random number in 0..<1, so that many do not come back at once.
    /// - Returns: How long it waits, microseconds.
    @discardableResult
    package mutating func retry(
        _ id: SubmissionID,
        now: Int64,
        atLeast: Int64 = 0,
        jitter: Double
    ) -> Int64 {
        let failureCount = failures[id, default: 0] + 1
        failures[id] = failureCount
        let doubled = Self.firstDelay << Int64(min(failureCount - 1, 6))
        let delay = max(atLeast, Int64(Double(min(doubled, Self.delayMax)) * (0.5 + jitter)))
        let entry = (due: now + delay, id: id)
        let place = waiting.firstIndex { $0.due > entry.due } ?? waiting.endIndex
        waiting.insert(entry, at: place)
        return delay
    }

    /// Notes that a submission is done with.
    package mutating func finish(_ id: SubmissionID) {
        failures[id] = nil
    }

    /// Takes a submission out again that was not taken yet.
    ///
    /// - Returns: Whether it was there.
    package mutating func remove(_ id: SubmissionID) -> Bool {
        failures[id] = nil
        if let place = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: place)
            return true
        }
        guard let place = ready[readyStart...].firstIndex(of: id) else { return false }
        ready.remove(at: place)
        return true
    }

    /// Takes the next submission that is due.
    package mutating func next(now: Int64) -> SubmissionID? {
        if let first = waiting.first, first.due <= now {
            return waiting.removeFirst().id
        }
        guard readyStart < ready.count else { return nil }
        defer {
            readyStart += 1
            // The front is given back once it is half of the array, which keeps taking cheap on average.
            if readyStart > 64, readyStart * 2 > ready.count {
                ready.removeFirst(readyStart)
                readyStart = 0
            }
        }
        return ready[readyStart]
    }

    /// Whether something is due.
    package func hasWork(now: Int64) -> Bool {
        readyStart < ready.count || (waiting.first.map { $0.due <= now } ?? false)
    }
}
