import Testing
import Threading

/// Runs what it is given on threads of its own, as many as it takes.
///
/// The tests here wait for processes and sockets, and that blocks. On Swift's own pool, which has a thread for each
/// core, two that wait would keep all the others from going on until their deadlines have passed.
final class BlockingThreads: TaskExecutor {
    static let shared = BlockingThreads()
    private let state = Monitor<(jobs: [UnownedJob], idle: Int)>(([], 0))
    /// They live as long as the tests, and take what comes next.
    private let threads = Monitor<[WorkerThread]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = state.withLock { state in
            state.jobs.append(job)
            return state.jobs.count <= state.idle
        }
        if isTaken {
            state.notifyOne()
        } else {
            threads.withLock { $0.append(WorkerThread(name: "test") { self.work() }) }
        }
    }

    private func work() -> Never {
        while true {
            state.withLock { $0.idle += 1 }
            let job = state.wait(until: { !$0.jobs.isEmpty }) { state in
                state.idle -= 1
                return state.jobs.removeFirst()
            }
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// Lets the tests of a suite block.
struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) { try await function() }
    }
}

extension Trait where Self == BlockingTrait {
    /// The tests of the suite wait for processes and sockets, on threads that they may block.
    static var blocking: Self { Self() }
}
