import ArgumentParser
import TestSupport
import Threading

/// What a harness did and found, gathered from all of its threads.
final class Report: Sendable {
    private struct State: Sendable {
        var rounds = 0
        var skipped = 0
        var violations = 0
        var counts: [String: Int] = [:]
        var order: [String] = []
    }

    private let harness: String
    private let start = ContinuousClock.now
    private let state = Monitor(State())

    init(_ harness: String) {
        self.harness = harness
    }

    /// Counts something; the first call decides the place in the last line.
    func count(_ name: String, _ number: Int = 1) {
        state.withLock { state in
            if state.counts[name] == nil { state.order.append(name) }
            state.counts[name, default: 0] += number
        }
    }

    /// Keeps the largest of some numbers.
    func maximum(_ name: String, _ number: Int) {
        state.withLock { state in
            if state.counts[name] == nil { state.order.append(name) }
            state.counts[name] = max(state.counts[name] ?? 0, number)
        }
    }

    /// Counts a round that was done.
    func round() {
        state.withLock { $0.rounds += 1 }
    }

    /// How many rounds were done.
    var rounds: Int { state.withLock { $0.rounds } }

    /// Counts rounds that cannot be done here, and says why.
    func skip(_ why: String, count: Int = 1) {
        state.withLock { $0.skipped += count }
        progress("skipped: \(why)")
    }

    /// Counts a round that could not be done although everything for it is there: that is no pass.
    func failed(_ error: any Error) {
        guard !Interruption.isRequested else { return }
        state.withLock { $0.violations += 1 }
        progress("FAILED: \(error)")
    }

    /// Counts violations, says what they are, and where everything is.
    func violated(_ what: [String], in workspace: Workspace, _ ledger: ClientLedger, log: String = "") {
        guard !what.isEmpty, !Interruption.isRequested else { return }
        state.withLock { $0.violations += what.count }
        for text in what { progress("VIOLATION: \(text)") }
        for line in log.split(separator: "\n").suffix(3) { progress("its log: \(line)") }
        progress("kept: \(workspace.path)")
        workspace.keep(ledger, violations: what)
    }

    /// Whether nothing was found.
    var isClean: Bool { state.withLock { $0.violations == 0 } }

    /// Says how it goes.
    func progress(_ text: String) {
        Output.progress("\(harness) \(Int(start.duration(to: .now) / .seconds(1))) s: \(text)")
    }

    /// Writes the last line, and ends with the exit code that fits.
    func finish() throws {
        let state = state.withLock { $0 }
        var line = ResultLine()
        line.add("harness", harness)
        line.add("rounds", state.rounds)
        line.add("violations", state.violations)
        line.add("skipped", state.skipped)
        for name in state.order { line.add(name, state.counts[name] ?? 0) }
        line.add("seconds", Int(start.duration(to: .now) / .seconds(1)))
        Output.line(line.text)
        if Interruption.isRequested { throw ExitCode(130) }
        if state.violations > 0 { throw ExitCode(1) }
    }
}

/// Does pieces of work on so many threads, and waits for all of them.
func inParallel<Piece: Sendable>(_ jobs: Int, _ pieces: [Piece], _ work: @escaping @Sendable (Piece) -> Void) {
    let rest = Monitor(pieces[...])
    let threads = (0..<max(1, jobs)).map { number in
        WorkerThread(name: "harness \(number)") {
            while !Interruption.isRequested, let piece = rest.withLock({ $0.popFirst() }) { work(piece) }
        }
    }
    for thread in threads { thread.join() }
}
