import ArgumentParser
import FalQueue

/// The service's options about the documents of models that are not built in.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .customLong("fal-site-url"),
        help: ArgumentHelp(
            "Where models' documents are fetched that inputs are checked against (default: https://fal.ai; none where --fal-queue-url is given).",
            valueName: "url"
        )
    )
    var falSiteURL: String?

    @Flag(help: "Fetch no models' documents: inputs of models that are not built in are sent unchecked.")
    var noModelDocuments = false

    /// Every setting, with where it comes from.
    ///
    /// - Parameters:
    ///   - environment: The variables.
    ///   - queue: The queue that was given as a flag: whoever has a queue of their own is not to reach out to fal.
    /// - Returns: The settings, in the order of the help.
    func settings(_ environment: Environment, queue: String?) -> [Setting<String?>] {
        let queue = environment.setting("fal-queue-url", flag: queue, default: "\(QueueURL.fal)").value
        return [
            environment.setting(
                "fal-site-url",
                flag: falSiteURL,
                default: queue == "\(QueueURL.fal)" ? "\(QueueURL.falSite)" : nil
            ),
            environment.setting("no-model-documents", flag: noModelDocuments ? "true" : nil, default: "false"),
        ]
    }

    /// Where documents are fetched; nil for nowhere.
    ///
    /// - Throws: ``CommandFailure`` that names the option and says what it takes.
    static func site(_ value: (String) -> String?) throws -> QueueURL? {
        let site = try value("fal-site-url").map { text in try parsing("fal-site-url") { try QueueURL.parse(text) } }
        switch value("no-model-documents") {
        case "true", "1": return nil
        case "false", "0": return site
        case let other:
            throw CommandFailure(.usage, "--no-model-documents: \(other ?? "") is neither true nor false")
        }
    }
}
