import Posix
import Threading
import UnixSignals

/// The signals that ask a command to stop, SIGINT and SIGTERM, for a loop that can be woken.
final class StopSignals {
    private struct State: Sendable {
        var isCatching = false
        var received: [UnixSignal] = []
    }

    private let state: Monitor<State>
    private let task: Task<Void, Never>

    /// Catches them, from its return on: whoever is told to stop then says what goes on.
    ///
    /// Blocks for a moment, so not to be called on the threads that tasks run on.
    ///
    /// - Parameters:
    ///   - wake: What the loop waits on.
    ///   - breakOff: What ends something that cannot be woken.
    init(waking wake: WakeUp, _ breakOff: @escaping @Sendable () -> Void = {}) {
        let state = Monitor(State())
        self.state = state
        task = Task {
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            state.withLock { $0.isCatching = true }
            state.notifyAll()
            for await signal in signals {
                state.withLock { $0.received.append(signal) }
                breakOff()
                wake.call()
            }
        }
        state.wait(until: \.isCatching) { _ in }
    }

    /// What came since the last time.
    func take() -> [UnixSignal] {
        state.withLock { state in
            defer { state.received = [] }
            return state.received
        }
    }

    /// Ends the watching; must be called.
    func end() {
        task.cancel()
    }
}
