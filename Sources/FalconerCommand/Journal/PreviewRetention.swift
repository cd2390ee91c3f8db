import ArgumentParser
import Falconer
import FoundationEssentials
import JSONText
import Journal
import Logging
import Posix
import SystemPackage

/// The command `falconer journal retention`.
struct PreviewRetention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Say what --retain-age and --retain-bytes would delete; deletes nothing.",
        discussion: """
            It reads the journal beside a running service or without one, and decides as 'falconer serve' does at its \
            start with these limits: whole segments, oldest first, none that an open submission still needs.

              falconer journal retention --dry-run --retain-age 30d --retain-bytes 10GB

            The service itself deletes, by the options of 'falconer serve', and logs each deletion.

            Exit codes: 0 shown, 4 no journal, 8 the files cannot be read, 64 wrong options.
            """
    )

    @Flag(help: "Only say it; there is no other way.")
    var dryRun = false

    @Option(help: "The service's data folder (FALCONER_DATA; default: that of 'falconer serve').")
    var data: String?

    @Option(help: ArgumentHelp("As of 'falconer serve', 30d.", valueName: "time"))
    var retainAge: String?

    @Option(help: ArgumentHelp("As of 'falconer serve', 10GB.", valueName: "size"))
    var retainBytes: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            guard dryRun else {
                throw CommandFailure(
                    .usage,
                    "'journal retention' deletes nothing; say --dry-run to see what would go",
                    advice: "to delete, start 'falconer serve' with --retain-age or --retain-bytes"
                )
            }
            let environment = Environment(variables: ProcessInfo.processInfo.environment)
            let limits = try limits(environment)
            let folder = environment.setting("data", flag: data, default: DefaultPaths(environment: environment).data)
            let preview: RetentionPreview?
            do throws(JournalError) {
                let logger = Logger(label: "falconer") { StandardErrorLogHandler(label: $0, level: .warning) }
                preview = try RetentionPreview.of(data: FilePath(folder.value ?? ""), limits: limits, logger: logger)
            } catch {
                throw CommandFailure(.storage, error.message, advice: "look at the disk and its permissions")
            }
            guard let preview else {
                throw CommandFailure(
                    .notFound,
                    "there is no journal in \(folder.value ?? "")",
                    advice: "say with --data where the service keeps its data"
                )
            }
            try print(preview)
        }
    }

    private func limits(_ environment: Environment) throws -> RetentionLimits {
        let settings = [
            environment.setting("retain-age", flag: retainAge, default: nil),
            environment.setting("retain-bytes", flag: retainBytes, default: nil),
        ]
        let limits = try StorageOptions.retention { name in settings.first { $0.name == name }?.value ?? nil }
        guard !limits.keepsEverything else {
            throw CommandFailure(.usage, "without a limit everything is kept: give --retain-age or --retain-bytes")
        }
        return limits
    }

    private func print(_ preview: RetentionPreview) throws {
        let isJSON = output.resolvedFormat == .json
        for departure in preview.decision.departures {
            let segment = departure.segment
            if isJSON {
                var writer = JSONObjectWriter()
                writer.member("segment", segment.fileName)
                writer.member("first", "\(segment.ids.lowerBound)")
                writer.member("last", "\(segment.ids.upperBound)")
                writer.member("bytes", segment.bytes)
                writer.member("newest", segment.newest.rfc3339)
                writer.member("limit", departure.reason.rawValue)
                try StandardOutput.write(writer.line)
            } else {
                try StandardOutput.writeLine(
                    "\(segment.fileName)  events \(segment.ids.lowerBound) to \(segment.ids.upperBound), "
                        + "\(segment.bytes) bytes, until \(segment.newest.rfc3339): past the limit of \(departure.reason.rawValue)"
                )
            }
        }
        try printSum(preview, isJSON: isJSON)
    }

    private func printSum(_ preview: RetentionPreview, isJSON: Bool) throws {
        let decision = preview.decision
        let bytes = decision.departures.reduce(0) { $0 + $1.segment.bytes }
        let holders = decision.held?.holds.map(\.holder) ?? []
        if isJSON {
            var writer = JSONObjectWriter()
            writer.member("segments_going", decision.departures.count)
            writer.member("segments_staying", preview.segments.count - decision.departures.count)
            writer.member("bytes_going", bytes)
            writer.member("bytes_staying", decision.bytes)
            writer.member("held_by", array: holders.map(jsonString))
            try StandardOutput.write(writer.line)
            return
        }
        try StandardOutput.writeLine(
            "\(decision.departures.count) of \(preview.segments.count) segments would go: "
                + "\(bytes) bytes; \(decision.bytes) bytes would stay"
        )
        if let held = decision.held {
            try StandardOutput.writeLine(
                "\(held.segment.fileName) is past a limit too, and stays: \(holders.joined(separator: ", ")) still needs it"
            )
        }
    }
}
