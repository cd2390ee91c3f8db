import ArgumentParser
import JournalFaults
import Threading

/// Crashes a journal on a disk that is a value, until the time is up or a promise is broken.
@main struct CrashesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "falconer-crashes",
        abstract: "Crash the journal on a disk in memory, and hold what is left against what was promised.",
        discussion: """
            Each seed is a machine: a journal on a disk that keeps, in a power cut, any part of what was not synchronized. \
            A broken promise ends the run with exit code 1, its seed and the calls that led to it. The last line is JSON.
            """
    )

    @Option(help: "How long to run; an exhaustive run ends when all was done, at the latest then.")
    var seconds = 60.0
    @Option(help: "The first seed.")
    var seed: UInt64 = 1
    @Option(help: "How many threads.")
    var jobs = 2
    @Flag(help: "Every workload of up to --steps steps instead of seeds.")
    var exhaustive = false
    @Option(help: "The most steps of a workload.")
    var steps = 4
    @Option(help: "Run one seed, and show its calls.")
    var replay: UInt64?
    @Option(help: "Run one workload, by its steps and number as it was reported, 3:177, and show its calls.")
    var replayWorkload: String?

    func validate() throws {
        if jobs < 1 || jobs > 64 { throw ValidationError("--jobs is from 1 to 64.") }
        if steps < 0 || steps > 6 { throw ValidationError("--steps is from 0 to 6.") }
        if replayWorkload != nil, workloadToReplay == nil {
            throw ValidationError("--replay-workload is STEPS:NUMBER, as in 3:177.")
        }
    }

    private var workloadToReplay: Round? {
        guard let parts = replayWorkload?.split(separator: ":").map({ Int($0) }), parts.count == 2,
            let steps = parts[0], let number = parts[1], (0...6).contains(steps),
            (0..<ExhaustiveSweep.count(steps: steps)).contains(number)
        else { return nil }
        return .workload(steps: steps, number: number)
    }

    func run() throws {
        if let round = replay.map({ Round.seed($0) }) ?? workloadToReplay {
            let result = round.run(isTracing: true)
            for line in result.trace { print(line) }
            print(result.violation.map { "violation of \($0)" } ?? "no violation")
            if result.violation != nil { throw ExitCode(1) }
            return
        }
        let rounds = exhaustive ? Rounds.exhaustive(steps: steps) : Rounds.seeds(from: seed)
        let progress = Progress(rounds: rounds)
        let threads = (0..<jobs).map { number in
            WorkerThread(name: "crashes \(number)") { progress.work() }
        }
        progress.watch(for: .seconds(seconds))
        for thread in threads { thread.join() }
        if let (round, violation) = progress.violation {
            print("\(round): violation of \(violation)")
            for line in round.run(isTracing: true).trace { print("    \(line)") }
            print("again: falconer-crashes \(round.replayOption)")
        }
        print(progress.summary)
        if progress.violation != nil { throw ExitCode(1) }
    }
}
