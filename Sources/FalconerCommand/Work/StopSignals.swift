import Posix
import Threading
import UnixSignals

/// The signals that ask a command to stop, SIGINT and SIGTERM, for a loop that can be woken.
final class StopSignals {
    private let received: Monitor<[UnixSignal]>
    private let task: Task<Void, Never>

    /// Catches them from soon on.
    ///
    /// - Parameters:
    ///   - wake: What the loop waits on.
    ///   - breakOff: What ends something that cannot be woken.
    init(waking wake: WakeUp, _ breakOff: @escaping @Sendable () -> Void = {}) {
        let received = Monitor<[UnixSignal]>([])
        self.received = received
        task = Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                received.withLock { $0.append(signal) }
                breakOff()
                wake.call()
            }
        }
    }

    /// What came since the last time.
    func take() -> [UnixSignal] {
        received.withLock { signals in
            defer { signals = [] }
            return signals
        }
    }

    /// Ends the watching; must be called.
    func end() {
        task.cancel()
    }
}
