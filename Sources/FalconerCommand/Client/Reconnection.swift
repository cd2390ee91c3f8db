import Glibc

/// How a command that follows the service waits for it to come back.
struct Reconnection {
    /// The command's time is over.
    static let tooLate = CommandFailure(.timedOut, "the time given with --timeout has passed")

    private let deadline: ContinuousClock.Instant?
    private var failures = 0
    /// Whether the service was there before, so that it may come back.
    private(set) var hasConnected = false

    /// Gives up when the deadline comes.
    init(deadline: ContinuousClock.Instant?) {
        self.deadline = deadline
    }

    /// The service is there.
    mutating func connected() {
        hasConnected = true
        if failures > 0 { StandardError.writeLine("falconer: connected again") }
        failures = 0
    }

    /// It is not; the first time this is told.
    func failed(_ failure: CommandFailure) {
        if failures == 0 { StandardError.writeLine("falconer: \(failure.message)") }
    }

    /// How long to wait before the next try, longer each time; this is told.
    mutating func nextDelay() -> Duration {
        failures += 1
        let delay = min(Duration.milliseconds(200) * (1 << min(failures, 5)), .seconds(5))
        StandardError.writeLine("falconer: the service is gone; trying again in \(delay.components.seconds + 1) s")
        return delay
    }

    /// Waits longer each time.
    ///
    /// - Throws: ``tooLate``.
    mutating func wait() throws {
        let delay = nextDelay()
        if let deadline, .now + delay >= deadline { throw Self.tooLate }
        usleep(UInt32(delay / .microseconds(1)))
    }
}
