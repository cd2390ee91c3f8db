import ArgumentParser
import FalQueue

/// What fal is told about a request besides its input.
struct FalOptions: ParsableArguments {
    @Option(help: "normal, or low: fal lets others go first.")
    var priority: SubmitOptions.Priority?

    @Option(
        help: ArgumentHelp("Fail when the run has not begun after so long (more than 1 s).", valueName: "seconds")
    )
    var startTimeout: Double?

    @Flag(help: "Have fal not try again by itself when a run fails for reasons of its infrastructure.")
    var noRetry = false

    @Option(help: ArgumentHelp("How long fal keeps the files it makes.", valueName: "seconds"))
    var lifecycle: Int?

    @Option(
        help: ArgumentHelp(
            "Another header for fal, NAME: VALUE (repeatable): X-Fal-Tags, X-Fal-Retry-Config, X-Fal-Runner-Hint, X-Fal-Store-IO, X-App-Fal-Disable-Fallback.",
            valueName: "header"
        )
    )
    var header: [String] = []

    /// The options, checked.
    ///
    /// - Throws: ``CommandFailure`` that names what cannot be sent.
    func resolved() throws -> SubmitOptions {
        var options = SubmitOptions()
        options.priority = priority
        options.startTimeoutSeconds = startTimeout
        options.serverRetry = noRetry ? .never : .asUsual
        options.filesExpireAfterSeconds = lifecycle
        options.extraHeaders = try header.map { text in
            guard let colon = text.firstIndex(of: ":") else {
                throw CommandFailure(.usage, "--header: write NAME: VALUE instead of \(text)")
            }
            let value = text[colon...].dropFirst().drop { $0 == " " }
            return SubmitOptions.Header(name: String(text[..<colon]), value: String(value))
        }
        if let problem = options.problems.first { throw CommandFailure(.usage, "\(problem)") }
        return options
    }
}

extension SubmitOptions.Priority: ExpressibleByArgument {}
