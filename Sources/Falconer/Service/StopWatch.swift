import Threading

/// Somebody who looks at the clock while something is stopped that may never end.
final class StopWatch: Sendable {
    private let hasEnded: Monitor<Bool>
    private let thread: WorkerThread

    /// Begins to wait.
    ///
    /// - Parameters:
    ///   - limit: How long it may take.
    ///   - overdue: Called once, on a thread of its own, when it takes longer.
    init(atMost limit: Duration, overdue: @escaping @Sendable () -> Void) {
        let hasEnded = Monitor(false)
        self.hasEnded = hasEnded
        thread = WorkerThread(name: "stop watch") {
            let isInTime = hasEnded.wait(atMost: limit, until: { $0 }) { $1 }
            if !isInTime { overdue() }
        }
    }

    /// Says that it has ended; to be called once, always.
    func end() {
        hasEnded.withLock { $0 = true }
        hasEnded.notifyAll()
        thread.join()
    }
}
