import Posix
import Threading

/// Replies on their way from the threads that carry out commands to the stream's thread.
///
/// What waits for one connection is bounded: one whose client takes nothing is marked as overflowed, and closed.
final class Outbox: Sendable {
    /// What the stream's thread fetches for one connection.
    struct Delivery: Equatable {
        /// Whole frames.
        var frames: [UInt8] = []
        /// How many commands have had their last frame.
        var commandsEnded = 0
        /// Whether a reply was left out because too much was waiting.
        var hasOverflowed = false
    }

    private struct State {
        var waiting: [UInt64: Delivery] = [:]
        var changed: Set<UInt64> = []
    }

    private let state = Monitor(State())
    private let bytesMax: Int
    private let wake: WakeUp

    /// - Parameters:
    ///   - bytesMax: The most bytes of replies that wait for one connection, a single larger reply excepted.
    ///   - wake: Called when there is something to fetch.
    init(bytesMax: Int, wake: WakeUp) {
        self.bytesMax = bytesMax
        self.wake = wake
    }

    /// Replies to this connection are taken from now on.
    func open(_ connection: UInt64) {
        state.withLock { $0.waiting[connection] = Delivery() }
    }

    /// The connection is gone: what waits for it is dropped, and what comes is refused.
    func close(_ connection: UInt64) {
        state.withLock { state in
            state.waiting[connection] = nil
            state.changed.remove(connection)
        }
    }

    func isOpen(_ connection: UInt64) -> Bool {
        state.withLock { $0.waiting[connection].map { !$0.hasOverflowed } ?? false }
    }

    /// Queues a frame; false when the connection is gone or takes no more.
    func post(_ frame: [UInt8], isLast: Bool, to connection: UInt64) -> Bool {
        let (isTaken, isNews) = state.withLock { state -> (Bool, Bool) in
            guard var delivery = state.waiting[connection] else { return (false, false) }
            // Taken out, so that appending does not copy what is there.
            state.waiting[connection] = Delivery()
            let hasRoom = delivery.frames.isEmpty || delivery.frames.count + frame.count <= bytesMax
            let fits = hasRoom && !delivery.hasOverflowed
            if fits {
                delivery.frames.append(contentsOf: frame)
            } else {
                delivery.hasOverflowed = true
            }
            if isLast { delivery.commandsEnded += 1 }
            state.waiting[connection] = delivery
            return (fits, state.changed.insert(connection).inserted)
        }
        if isNews { wake.call() }
        return isTaken
    }

    /// The connections that have something to fetch, each told once.
    func takeChanged() -> Set<UInt64> {
        state.withLock { state in
            let changed = state.changed
            state.changed.removeAll()
            return changed
        }
    }

    /// Fetches what waits for a connection.
    func take(for connection: UInt64) -> Delivery {
        state.withLock { state in
            guard let delivery = state.waiting[connection] else { return Delivery() }
            state.waiting[connection] = Delivery(hasOverflowed: delivery.hasOverflowed)
            return delivery
        }
    }
}
