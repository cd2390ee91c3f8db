import Glibc
import Posix

/// Takes connections off the listeners, for one loop.
///
/// A spare descriptor is kept for the day when none is left: it is given up to take the connection and close it, so
/// that the client hears at once and the loop does not spin on a listener that stays readable.
struct Acceptor: ~Copyable {
    /// How many connections one loop takes of one listener in a turn, before it serves those it has.
    static let connectionsPerTurnMax = 8
    /// How long no connection is taken when even the spare descriptor is gone.
    static let pause: Duration = .milliseconds(100)

    /// Where connections come from; empty once draining.
    private(set) var listeners: [ListenerSocket]
    private var spare: OwnedDescriptor?
    private var pausedUntil: ContinuousClock.Instant?

    init(listeners: [ListenerSocket]) throws(SystemCallError) {
        self.listeners = listeners
        spare = try openSpare()
    }

    /// When to look again, where no connection is taken now.
    func resumesAt(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let pausedUntil, pausedUntil > now else { return nil }
        return pausedUntil
    }

    /// Gives up the listeners; the last loop to do so closes them.
    mutating func close() {
        listeners = []
    }

    /// Takes what waits, up to a number.
    ///
    /// - Parameters:
    ///   - max: How many to take at most, of one listener.
    ///   - now: What the clock shows.
    ///   - take: What becomes of a connection.
    ///   - refused: Called for each connection closed for want of a descriptor.
    mutating func accept(
        atMost max: Int,
        now: ContinuousClock.Instant,
        _ take: (consuming OwnedDescriptor, InternetAddress) -> Void,
        refused: () -> Void
    ) {
        for listener in listeners {
            accepting: for _ in 0..<max {
                switch listener.accept() {
                case .connection(let descriptor, let peer):
                    take(descriptor, peer)
                case .lost:
                    continue accepting
                case .nothing:
                    break accepting
                case .exhausted:
                    guard spare.take() != nil else {
                        spare = try? openSpare()
                        pausedUntil = now + Self.pause
                        return
                    }
                    // Another thread may take the number first; then the next turn sees.
                    if case .connection = listener.accept() { refused() }
                    spare = try? openSpare()
                }
            }
        }
    }
}

private func openSpare() throws(SystemCallError) -> OwnedDescriptor {
    OwnedDescriptor(owning: try systemCall("open", on: "/dev/null") { unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) })
}
