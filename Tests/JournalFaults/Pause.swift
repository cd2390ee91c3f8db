import Glibc
import Journal
import Threading

/// Time as a session has it, and the hold it has over the journal's thread.
///
/// The journal's thread asks for the time before it takes a batch. Held there, it takes all that was handed in at once,
/// so that the same workload makes the same batches in every run.
final class Pause: Sendable {
    private struct State {
        var now = Duration.zero
        var isHeld = false
    }

    private let state = Monitor(State())
    /// Whoever made this is never held.
    private let owner = pthread_self()

    var clock: JournalClock {
        JournalClock { [self] in
            if pthread_equal(pthread_self(), owner) != 0 { return state.withLock { $0.now } }
            return state.wait(until: { !$0.isHeld }, { $0.now })
        }
    }

    func hold() {
        state.withLock { $0.isHeld = true }
    }

    func release() {
        state.withLock { $0.isHeld = false }
        state.notifyAll()
    }

    func advance(_ time: Duration) {
        state.withLock { $0.now += time }
    }
}
