import ArgumentParser
import FalQueue
import Falconer

/// The options about asking fal for what no callback tells.
struct PollingOptions: ParsableArguments {
    @Flag(help: "Never ask fal how submissions are doing; what no callback tells stays open until --give-up-after.")
    var noPolling = false

    @Option(
        help: ArgumentHelp("The most questions a minute that fal is asked (default: 300).", valueName: "per-minute")
    )
    var pollingBudget: Int?

    @Option(
        help: ArgumentHelp(
            "When a submission of which nothing can be known counts as lost (default: 86400).",
            valueName: "seconds"
        )
    )
    var giveUpAfter: Int?

    @Option(
        name: .customLong("fal-api-url"),
        help: "fal's platform API (default: https://api.fal.ai, or --fal-queue-url where that is given)."
    )
    var falAPIURL: String?

    /// Every setting, with where it comes from.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        [
            environment.setting("no-polling", flag: noPolling ? "true" : nil, default: "false"),
            environment.setting(
                "polling-budget",
                flag: pollingBudget.map { "\($0)" },
                default: "\(PollingPace.budgetDefault)"
            ),
            environment.setting("give-up-after", flag: giveUpAfter.map { "\($0)" }, default: "86400"),
            environment.setting("fal-api-url", flag: falAPIURL, default: nil),
        ]
    }

    /// Takes the settings over.
    ///
    /// - Throws: ``CommandFailure`` that names the option and says what it takes.
    func resolve(into configuration: inout ServiceConfiguration, _ value: (String) -> String?) throws {
        switch value("no-polling") {
        case "true", "1": configuration.isPolling = false
        case "false", "0": configuration.isPolling = true
        case let other:
            throw CommandFailure(.usage, "--no-polling: \(other ?? "") is neither true nor false")
        }
        configuration.pollingBudget =
            try number("polling-budget", value("polling-budget"), 1...PollingPace.budgetMax)
            ?? PollingPace.budgetDefault
        if let seconds = try number("give-up-after", value("give-up-after"), 1...31_536_000) {
            configuration.giveUpAfter = .seconds(seconds)
        }
        if let text = value("fal-api-url") {
            configuration.platform = try parsing("fal-api-url") { try QueueURL.parse(text) }
        } else if configuration.queue != .fal {
            configuration.platform = configuration.queue
        }
    }
}
