import Glibc
import JournalFaults
import Threading

/// What all threads have done together, and when they are to end.
final class Progress: Sendable {
    private struct State {
        var next = 0
        var rounds = 0
        var crashes = 0
        var running = 0
        var isOver = false
        var violation: (Round, Violation)?
    }

    /// How often progress is told.
    private static let interval = Duration.seconds(5)

    private let rounds: Rounds
    private let state = Monitor(State())
    private let began = ContinuousClock.now

    init(rounds: Rounds) {
        self.rounds = rounds
    }

    /// The first promise that was broken.
    var violation: (Round, Violation)? { state.withLock { $0.violation } }

    /// Tries one thing after another until all is over.
    func work() {
        state.withLock { $0.running += 1 }
        defer {
            state.withLock { $0.running -= 1 }
            state.notifyAll()
        }
        while let round = take() {
            let result = round.run()
            state.withLock { state in
                state.rounds += 1
                state.crashes += result.crashes
                if let violation = result.violation, state.violation == nil {
                    state.violation = (round, violation)
                    state.isOver = true
                }
            }
        }
    }

    private func take() -> Round? {
        state.withLock { state in
            guard !state.isOver, let round = rounds[state.next] else { return nil }
            state.next += 1
            return round
        }
    }

    /// Tells how it goes, until all is done or the time is up.
    func watch(for limit: Duration) {
        let deadline = began + limit
        while ContinuousClock.now < deadline {
            let rest = ContinuousClock.now.duration(to: deadline)
            let isDone = state.wait(
                atMost: min(rest, Self.interval),
                until: { $0.isOver || ($0.running == 0 && $0.rounds > 0) },
                { $1 }
            )
            print("\(counts)")
            fflush(nil)
            if isDone { break }
        }
        state.withLock { $0.isOver = true }
    }

    private var seconds: Double {
        let passed = began.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }

    private var counts: String {
        let (rounds, crashes) = state.withLock { ($0.rounds, $0.crashes) }
        return "\(rounds) rounds, \(crashes) crashes, \(Int(Double(crashes) / seconds)) a second"
    }

    /// The last line.
    var summary: String {
        let (rounds, crashes, violations) = state.withLock { ($0.rounds, $0.crashes, $0.violation == nil ? 0 : 1) }
        let name = if case .exhaustive = self.rounds { "crashes-exhaustive" } else { "crashes" }
        return """
            {"harness":"\(name)","rounds":\(rounds),"crashes":\(crashes),"violations":\(violations),\
            "seconds":\(Int(seconds)),"crashes_per_second":\(Int(Double(crashes) / seconds))}
            """
    }
}
