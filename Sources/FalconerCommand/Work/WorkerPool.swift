import Posix
import Threading

/// Threads that work on events, made as they are needed; for the one thread that gives them work.
final class WorkerPool {
    /// Work that has ended.
    struct Ended: Sendable {
        let id: UInt64
        let outcome: WorkOutcome
    }

    fileprivate struct State: Sendable {
        var jobs: [DeliveredEvent] = []
        var ended: [Ended] = []
        var isClosed = false
    }

    private let worker: any EventWorker
    private let wake: WakeUp
    private let state = Monitor(State())
    private var threads: [WorkerThread] = []
    private var underWay = 0

    /// A pool without threads.
    ///
    /// - Parameters:
    ///   - worker: What is done with each event.
    ///   - wake: Called whenever work has ended.
    init(_ worker: any EventWorker, waking wake: WakeUp) {
        self.worker = worker
        self.wake = wake
    }

    /// Has a thread work on an event; how many at once is the caller's to bound.
    func begin(_ event: DeliveredEvent) {
        underWay += 1
        if underWay > threads.count {
            threads.append(
                WorkerThread(name: "worker") { [state, worker, wake] in runJobs(state, worker, wake) }
            )
        }
        state.withLock { $0.jobs.append(event) }
        state.notifyOne()
    }

    /// What has ended since the last time.
    func takeEnded() -> [Ended] {
        let ended = state.withLock { state in
            defer { state.ended = [] }
            return state.ended
        }
        underWay -= ended.count
        return ended
    }

    /// Waits until nothing is under way, and ends the threads; must be called.
    func close() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        for thread in threads { thread.join() }
        threads = []
    }
}

private func runJobs(_ state: Monitor<WorkerPool.State>, _ worker: any EventWorker, _ wake: WakeUp) {
    while true {
        let job: DeliveredEvent? = state.wait(until: { !$0.jobs.isEmpty || $0.isClosed }) { state in
            state.jobs.isEmpty ? nil : state.jobs.removeFirst()
        }
        guard let job else { return }
        let outcome = worker.work(on: job)
        state.withLock { $0.ended.append(WorkerPool.Ended(id: job.id, outcome: outcome)) }
        wake.call()
    }
}
