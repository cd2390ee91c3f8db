import ArgumentParser

/// The command `falconer-faults stream`.
struct Streams: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Kill the service and its consumers under load, and check what each consumer was given.",
        discussion: """
            Consumers of every kind follow one journal: with their own cursor and named ones, alone and in groups, slow \
            ones, ones that refuse, give up, stay silent or crash. Deliveries come in over the hook; the service is ended \
            and started again in every round. At the end every event was given to every consumer, in order where that is \
            promised, never again after a durable acknowledgement, never more often than max_deliveries, and what is not \
            finished is parked.
            """
    )

    @OptionGroup var options: HarnessOptions

    @Option(help: "What the consumers' behaviour and the moments of the kills are drawn from (default: a new one).")
    var seed: UInt64?

    @Option(help: "How many deliveries have to be acknowledged.")
    var events = 10_000

    @Option(help: "How often the service is ended and started again.")
    var rounds = 20

    func validate() throws {
        guard (1...1_000_000).contains(events) else { throw ValidationError("--events: 1 to 1000000") }
        guard (1...10_000).contains(rounds) else { throw ValidationError("--rounds: 1 to 10000") }
    }

    func run() throws {
        Interruption.catchSignals()
        let report = Report("stream")
        let seed = seed ?? UInt64.random(in: 0..<1 << 48)
        report.progress("seed \(seed)")
        do {
            let run = try StreamRun(
                falconer: try options.program(),
                seed: seed,
                events: options.quick ? 600 : events,
                rounds: options.quick ? 4 : rounds,
                report: report
            )
            try run.toTheEnd()
        } catch {
            report.failed(error)
        }
        try report.finish()
    }
}
