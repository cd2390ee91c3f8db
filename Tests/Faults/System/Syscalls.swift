import ArgumentParser
import FoundationEssentials

/// The command `falconer-faults syscalls`.
struct Syscalls: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make each system call of the journal fail, or kill the service at it, one after the other.",
        discussion: """
            With strace. While the service stores, and while it starts on a damaged journal: the K-th write, fdatasync, \
            fsync, open, rename, ftruncate fails with the errors that there are, or the process is killed at it. Then it \
            is started again without strace, and the journal is checked. Also: a sync that takes 8 and 20 seconds, and \
            from a trace of a whole run that each 200 was sent after the sync of what it is about.
            """
    )

    @OptionGroup var options: HarnessOptions

    @Option(help: "The highest K.")
    var depth = 40

    func run() throws {
        Interruption.catchSignals()
        let program = try options.program()
        let report = Report("syscalls")
        guard Tracer.isAvailable else {
            report.skip("there is no \(Tracer.program), or it may not trace: install it, and allow ptrace(2)")
            return try report.finish()
        }
        let pieces = slow() + [.order] + starting() + serving()
        let damaged = try DamagedJournal(program)
        inParallel(options.jobs, pieces) { piece in
            do {
                try piece.run(program, damaged, depth: options.quick ? 5 : depth, report)
            } catch {
                report.failed(error)
            }
            if report.rounds.isMultiple(of: 50) { report.progress("\(report.rounds) rounds") }
        }
        try report.finish()
    }

    private func slow() -> [Piece] {
        options.quick ? [.slow(SlowDisk(delay: .seconds(16)))] : [8, 20].map { .slow(SlowDisk(delay: .seconds($0))) }
    }

    private func starting() -> [Piece] {
        let faults = SystemCallFault.whileStarting
        return (options.quick ? faults.filter { $0.name.contains("fsync") && $0.name.contains("EIO") } : faults)
            .map { .starting($0) }
    }

    private func serving() -> [Piece] {
        let numbers = options.quick ? [3, 4] : Array(1...max(1, depth))
        return numbers.flatMap { number in
            SystemCallFault.whileServing.map { .serving(ServingRound(fault: $0, number: number)) }
        }
    }
}

/// One piece of the sweep.
private enum Piece: Sendable {
    case slow(SlowDisk)
    case order
    case starting(SystemCallFault)
    case serving(ServingRound)

    func run(_ program: String, _ damaged: DamagedJournal, depth: Int, _ report: Report) throws {
        switch self {
        case .slow(let slow): try slow.run(program, report)
        case .order: try OrderRound.run(program, report)
        case .serving(let round): try round.run(program, report)
        case .starting(let fault):
            for number in 1...max(1, depth) where !Interruption.isRequested {
                let round = StartingRound(fault: fault, number: number, damaged: damaged)
                // There are only so many calls in a start.
                if try !round.run(program, report) { break }
            }
        }
    }
}
