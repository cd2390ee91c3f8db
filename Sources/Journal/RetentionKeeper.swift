import Threading

/// The thread that keeps a journal within its limits.
final class RetentionKeeper: Sendable {
    private struct State {
        var isDue = true
        var isClosed = false
    }

    private let state: Monitor<State>
    private let thread: WorkerThread

    /// Starts to keep the limits, with a first look at once.
    init(_ loop: RetentionLoop) {
        let state = Monitor(State())
        self.state = state
        thread = WorkerThread(name: "retention") {
            var loop = loop
            var pause = Duration.zero
            while true {
                let isClosed = state.wait(atMost: pause, until: { $0.isDue || $0.isClosed }) { state, _ in
                    state.isDue = false
                    return state.isClosed
                }
                if isClosed { return }
                pause = loop.step()
            }
        }
    }

    /// Has it look soon.
    func reconsider() {
        let isNews = state.withLock { state in
            defer { state.isDue = true }
            return !state.isDue
        }
        if isNews { state.notifyOne() }
    }

    /// Ends the thread, after the segment that it is about to delete.
    func close() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        thread.join()
    }
}
