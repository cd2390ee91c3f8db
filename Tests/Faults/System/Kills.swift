import ArgumentParser

/// The command `falconer-faults kills`.
struct Kills: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kill, stop and pause the service under load, and check what is left after each restart.",
        discussion: """
            Eight connections send, a fifth of the deliveries are repeated ones. After 5 to 800 ms the service is ended by \
            SIGKILL, in every tenth round by SIGTERM, in every twenty-fifth it is paused for 3 s before. It is started \
            again on the same journal, which is checked; every 20 rounds a new journal is begun. Says nothing about power \
            cuts: what a killed process has written stays in the page cache.
            """
    )

    @OptionGroup var options: HarnessOptions

    @Option(help: "How many rounds.")
    var rounds = 200

    /// After how many rounds a new journal is begun.
    static let roundsPerJournal = 20

    func run() throws {
        Interruption.catchSignals()
        let program = try options.program()
        let report = Report("kills")
        let kinds = options.quick ? KillRound.quick : (1...max(1, rounds)).map { KillRound(number: $0) }
        let perJournal = options.quick ? (kinds.count + 1) / 2 : Self.roundsPerJournal
        let pieces = stride(from: 0, to: kinds.count, by: perJournal).map {
            Array(kinds[$0..<min($0 + perJournal, kinds.count)])
        }
        inParallel(options.jobs, pieces) { kinds in
            do {
                let run = try KillRun(falconer: program, report: report)
                try run.rounds(kinds)
            } catch {
                report.failed(error)
            }
            report.progress("\(report.rounds) rounds")
        }
        try report.finish()
    }
}

/// What is done to the service in one round.
enum KillRound: Sendable {
    /// SIGKILL.
    case kill(after: Duration)
    /// SIGTERM.
    case terminate(after: Duration)
    /// SIGSTOP, SIGCONT, and then SIGKILL.
    case pause(after: Duration, lasting: Duration)

    /// The kind that comes as this number, at a random moment.
    init(number: Int) {
        let moment = Duration.milliseconds(Int.random(in: 5...800))
        if number.isMultiple(of: 25) {
            self = .pause(after: moment, lasting: .seconds(3))
        } else if number.isMultiple(of: 10) {
            self = .terminate(after: moment)
        } else {
            self = .kill(after: moment)
        }
    }

    /// A few of each kind.
    static var quick: [KillRound] {
        (1...8).map { KillRound(number: $0) } + [
            .terminate(after: .milliseconds(300)), .pause(after: .milliseconds(200), lasting: .seconds(1)),
            .terminate(after: .milliseconds(50)), KillRound(number: 1),
        ]
    }
}
