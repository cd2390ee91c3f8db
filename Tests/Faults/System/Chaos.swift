import ArgumentParser
import FoundationEssentials
import TestSupport

/// The command `falconer-faults chaos`.
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Lose answers and callbacks, refuse, fail, rotate keys, go away, kill: and compare the books at the end.",
        discussion: """
            Submissions go through a service to an emulator that loses 5 % of its answers after it has accepted, refuses \
            5 % for now, drops 10 % of the callbacks, sends 10 % twice and some late or too old to be believed, fails 5 % \
            of the runs, rotates its keys twice and goes away for a minute, while the service is killed again and again. \
            At the end every submission has ended once, as the emulator's own books have it, and none was run twice.
            """
    )

    /// Something that can be left out.
    enum Switch: String, ExpressibleByArgument {
        case on
        case off
    }

    @OptionGroup var options: HarnessOptions

    @Option(help: "How many submissions.")
    var submissions: Int?

    @Option(help: "How often the service is killed.")
    var kills: Int?

    @Option(help: "What all decisions follow from.")
    var seed: UInt64 = 1

    @Option(help: "Whether fal is told where to call back.")
    var webhooks: Switch = .on

    @Option(help: "Whether fal is asked about what no callback tells.")
    var polling: Switch = .on

    private var settings: ChaosSettings {
        ChaosSettings(
            submissions: submissions ?? (options.quick ? 100 : 2_000),
            kills: kills ?? (options.quick ? 2 : 10),
            seed: seed,
            hasWebhooks: webhooks == .on,
            hasPolling: polling == .on,
            outageSeconds: options.quick ? 2 : 60,
            giveUpAfter: options.quick ? 12 : 100,
            patience: .seconds(options.quick ? 40 : 420)
        )
    }

    func validate() throws {
        guard webhooks == .on || polling == .on else {
            throw ValidationError("with neither callbacks nor polling nothing can be known")
        }
    }

    func run() throws {
        Interruption.catchSignals()
        let report = Report("chaos")
        do {
            try ChaosRun(falconer: try options.program(), settings: settings, report: report).run()
        } catch {
            report.failed(error)
        }
        try report.finish()
    }
}

/// One run from beginning to end.
final class ChaosRun {
    private let settings: ChaosSettings
    private let report: Report
    private let plan: ChaosPlan
    private let stage: ChaosStage
    private var acknowledged: Set<String> = []

    /// How many submissions are asked about by hand at the end.
    private static let explainedCount = 20

    init(falconer: String, settings: ChaosSettings, report: Report) throws {
        self.settings = settings
        self.report = report
        plan = ChaosPlan(count: settings.submissions, seed: settings.seed)
        stage = try ChaosStage(falconer: falconer, plan: plan, settings: settings)
    }

    func run() throws {
        let whileSubmitting = settings.kills / 2 + settings.kills % 2
        let killAt = Set((1...max(1, whileSubmitting)).map { settings.submissions * $0 / (whileSubmitting + 1) })
        for number in 0..<settings.submissions where !Interruption.isRequested {
            if settings.kills > 0, killAt.contains(number) { try stage.killAndRestart() }
            if number == settings.submissions / 3 || number == settings.submissions * 2 / 3 {
                stage.administer("keys/rotate")
            }
            if number == settings.submissions / 2 { stage.administer("outage?seconds=\(settings.outageSeconds)") }
            handIn(number)
        }
        report.progress("\(acknowledged.count) handed in")
        while stage.kills < settings.kills, !Interruption.isRequested {
            rest(.seconds(settings.outageSeconds / 10 + 1))
            try stage.killAndRestart()
        }
        let hasEnded = try waitForTheEnd()
        let end = stage.explanationsOf(acknowledged.sorted().prefix(Self.explainedCount))
        let exit = stage.stop()
        var oracle = try ChaosOracle(journal: stage.workspace.journal)
        oracle.compare(
            with: try stage.books(),
            acknowledged: acknowledged,
            plan: plan,
            polling: settings.hasPolling
        )
        var violations = oracle.violations
        if !hasEnded { violations.append("\(oracle.openCount) submissions have not ended") }
        if end > 0 { violations.append("\(end) submissions cannot be asked about") }
        if exit != .code(0) { violations.append("SIGTERM ended the service as \(describe(exit))") }
        report.count("submissions", oracle.submissions.count)
        report.count("kills", stage.kills)
        report.count("conflicts", oracle.conflicts)
        for (state, count) in oracle.table { report.count(state, count) }
        for text in violations.prefix(20) { report.progress(text) }
        report.violated(violations.isEmpty ? [] : ["\(violations.count) in all"], in: stage.workspace, ClientLedger())
        report.round()
    }

    /// Hands a submission in, anew when there was no answer: as a new one, for the first may have been recorded.
    private func handIn(_ number: Int) {
        var attempt = 0
        while attempt < 20, !Interruption.isRequested {
            if let id = stage.submit(prompt: plan.prompt(number, attempt: attempt)) {
                acknowledged.insert(id)
                return
            }
            attempt += 1
            rest(.milliseconds(100))
        }
        report.progress("not handed in: \(number)")
    }

    private func waitForTheEnd() throws -> Bool {
        let deadline = ContinuousClock.now + settings.patience
        while ContinuousClock.now < deadline, !Interruption.isRequested {
            let oracle = try ChaosOracle(journal: stage.workspace.journal)
            if oracle.openCount == 0 { return true }
            report.progress("\(oracle.openCount) of \(oracle.submissions.count) open")
            rest(.seconds(2))
        }
        return false
    }
}

extension ChaosStage {
    /// How many of some submissions the service cannot say anything about.
    fileprivate func explanationsOf(_ ids: some Sequence<String>) -> Int {
        ids.count { explanation(of: $0) == nil }
    }
}
