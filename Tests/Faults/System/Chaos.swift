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
            At the end every submission has ended once, as the emulator's own books have it, none was run twice, and \
            'falconer show' explains each.

            With --plant the end is told a lie, and exit code 0 means that the lie was seen:
              falconer-faults chaos --quick --plant sent-twice --plant forgotten
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

    @Option(help: "A lie that the end is told and that has to be seen (repeatable).")
    var plant: [ChaosPlant] = []

    private var settings: ChaosSettings {
        ChaosSettings(
            submissions: submissions ?? (options.quick ? 100 : 2_000),
            kills: kills ?? (options.quick ? 2 : 10),
            seed: seed,
            hasWebhooks: webhooks == .on,
            hasPolling: polling == .on,
            outageSeconds: options.quick ? 2 : 60,
            lateSeconds: options.quick ? 5 : 310,
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
            try ChaosRun(falconer: try options.program(), settings: settings, report: report).run(plants: plant)
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

    init(falconer: String, settings: ChaosSettings, report: Report) throws {
        self.settings = settings
        self.report = report
        plan = ChaosPlan(count: settings.submissions, seed: settings.seed, lateSeconds: settings.lateSeconds)
        stage = try ChaosStage(falconer: falconer, plan: plan, settings: settings)
    }

    func run(plants: [ChaosPlant]) throws {
        try makeTrouble()
        let hasEnded = try waitForTheEnd()
        let (oracle, stories) = try readStories()
        let exit = stage.stop()
        let books = try stage.books()
        var violations = found(oracle, stories, books, nil)
        if !hasEnded { violations.append("\(oracle.openCount) submissions have not ended") }
        if exit != .code(0) { violations.append("SIGTERM ended the service as \(describe(exit))") }
        report.count("submissions", oracle.submissions.count)
        report.count("explained", stories.count)
        report.count("kills", stage.kills)
        report.count("conflicts", oracle.conflicts)
        for (state, count) in oracle.table { report.count(state, count) }
        for text in violations.prefix(20) { report.progress(text) }
        for plant in plants {
            let seen = found(oracle, stories, books, plant).first { $0.contains(plant.mark) }
            report.progress("planted \(plant.rawValue): \(seen ?? "NOT SEEN")")
            report.count("planted_\(plant.rawValue)", seen == nil ? 0 : 1)
            if seen == nil { violations.append("\(plant.rawValue) was planted and not seen") }
        }
        report.violated(violations.isEmpty ? [] : ["\(violations.count) in all"], in: stage.workspace, ClientLedger())
        report.round()
    }

    /// Hands everything in while things go wrong.
    private func makeTrouble() throws {
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
    }

    /// How often a story is read anew whose submission has gone on since.
    private static let readingsMax = 5

    /// The journal, and what `show` tells of each submission in it, of the same moment.
    ///
    /// A late callback may still come while they are read, and what was lost has succeeded then.
    private func readStories() throws -> (ChaosOracle, [String: ChaosStory]) {
        var oracle = try ChaosOracle(journal: stage.workspace.journal)
        var stories = stage.stories(of: oracle.submissions.keys.sorted())
        for _ in 0..<Self.readingsMax {
            oracle = try ChaosOracle(journal: stage.workspace.journal)
            let stale = oracle.submissions.filter { $0.value.end != nil && $0.value.end != stories[$0.key]?.state }
            if stale.isEmpty { break }
            stories.merge(stage.stories(of: stale.keys.sorted())) { _, new in new }
        }
        return (oracle, stories)
    }

    /// What is wrong when everything is held against everything, with a lie among it.
    private func found(
        _ oracle: ChaosOracle,
        _ stories: [String: ChaosStory],
        _ books: [ChaosBookEntry],
        _ plant: ChaosPlant?
    ) -> [String] {
        var (oracle, stories, books) = (oracle, stories, books)
        if let plant, !plant.falsify(&oracle, &books, &stories) { return [] }
        oracle.compare(
            with: books,
            stories: stories,
            acknowledged: acknowledged,
            plan: plan,
            polling: settings.hasPolling
        )
        return oracle.violations
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
    /// What `show` tells of each of some submissions; those it tells nothing of are not in it.
    fileprivate func stories(of ids: [String]) -> [String: ChaosStory] {
        ids.reduce(into: [:]) { stories, id in
            if !Interruption.isRequested { stories[id] = story(of: id) }
        }
    }
}
