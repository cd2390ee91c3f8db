/// Whether the service says less than it does when it is well.
///
/// It sends a heartbeat when there is nothing else to send, so a longer silence means that it is stopped or hangs.
struct Silence {
    /// How many heartbeats have to be missing before that is told.
    static let heartbeats = 3
    /// How often a service that does not tell sends one.
    private static let usual = 15_000

    /// How long nothing may come.
    private let longest: Duration
    private var isTold = false

    /// Listens for the heartbeats of the service that has said hello.
    init(_ hello: JSONLine) {
        longest = .milliseconds(max(hello.integer("heartbeat_ms") ?? Self.usual, 1)) * Self.heartbeats
    }

    /// When to call ``passed()`` if nothing comes; nil when it was told already.
    func due(after heard: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        isTold ? nil : heard + longest
    }

    /// Notes that nothing came.
    ///
    /// - Returns: What to say.
    mutating func passed() -> String {
        isTold = true
        return "falconer: no heartbeat of the service for \(longest.components.seconds) s: it is stopped or hangs; "
            + "still waiting"
    }

    /// Notes that something came.
    ///
    /// - Returns: What to say; nil when the silence was not told.
    mutating func heard() -> String? {
        defer { isTold = false }
        return isTold ? "falconer: the service is heard again" : nil
    }
}
