import Threading

/// A thread that carries out what commands have to wait for, so that the stream's own thread never does.
final class CommandThread: Sendable {
    private struct State: Sendable {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Monitor(State())
    private let thread: WorkerThread

    /// Starts the thread.
    ///
    /// - Parameter name: What tools show for it.
    init(name: String) {
        thread = WorkerThread(name: name) { [state] in
            while true {
                let jobs = state.wait(until: { $0.isClosed || !$0.jobs.isEmpty }) { state -> [@Sendable () -> Void] in
                    let jobs = state.isClosed ? [] : state.jobs
                    state.jobs = []
                    return jobs
                }
                if jobs.isEmpty { return }
                for job in jobs where !state.withLock({ $0.isClosed }) { job() }
            }
        }
    }

    /// Has something done, after everything that was asked for before; after ``stop()`` it is dropped.
    ///
    /// How much can wait is bounded by the commands that the stream lets its clients have pending.
    func perform(_ job: @escaping @Sendable () -> Void) {
        state.withLock { if !$0.isClosed { $0.jobs.append(job) } }
        state.notifyOne()
    }

    /// Ends the thread; what it is at is finished, what waits is not begun.
    func stop() {
        state.withLock { state in
            state.isClosed = true
            state.jobs = []
        }
        state.notifyAll()
        thread.join()
    }
}
