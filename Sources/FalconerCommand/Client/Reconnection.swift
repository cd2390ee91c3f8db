import Glibc

/// How a command that follows the service waits for it to come back.
struct Reconnection {
    /// The command's time is over.
    static let tooLate = CommandFailure(.timedOut, "the time given with --timeout has passed")

    private static let firstDelay: Duration = .milliseconds(400)
    private static let longestDelay: Duration = .seconds(5)

    private let deadline: ContinuousClock.Instant?
    private var failures = 0
    private var lastDelay: Duration?
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
        lastDelay = nil
    }

    /// It is not; the first time this is told.
    func failed(_ failure: CommandFailure) {
        if failures == 0 { StandardError.writeLine("falconer: \(failure.message)") }
    }

    /// How long to wait before the next try, longer each time; this is told when it has changed.
    mutating func nextDelay() -> Duration {
        failures += 1
        let delay = min(Self.firstDelay * (1 << min(failures - 1, 8)), Self.longestDelay)
        if delay != lastDelay {
            let often = delay == Self.longestDelay ? "every" : "in"
            StandardError.writeLine("falconer: the service is gone; trying again \(often) \(Self.text(delay)) s")
        }
        lastDelay = delay
        return delay
    }

    /// Seconds with a digit after the point, where there is one.
    private static func text(_ delay: Duration) -> String {
        let tenths = Int(delay / .milliseconds(100))
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
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
