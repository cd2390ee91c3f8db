import ArgumentParser
import Benchmark
import FoundationEssentials
import JSONText
import Logging

/// The command `falconer bench`.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure falconer on this machine.",
        discussion: """
            Nothing leaves this machine, and every run ends by itself. Measure a release build: swift build -c release.

            Exit codes: 0 measured, 1 no figure, because something failed or was not in the journal.
            """,
        subcommands: [
            Receive.self, Fanout.self, Replay.self, Latency.self, Scale.self, Submit.self, Recover.self,
            MakeJournal.self, Answer.self,
        ]
    )

    /// The command `falconer bench answer`.
    struct Answer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the receiver that only answers 200, for 'falconer bench receive'.",
            shouldDisplay: false
        )

        func run() async throws {
            let logger = Logger(label: "answer") { StandardErrorLogHandler(label: $0, level: .warning) }
            let receiver = try TrivialReceiver(logger: logger)
            try await runUntilSignalled(receiver, logger: logger) {
                var writer = JSONObjectWriter()
                writer.member("url", receiver.url)
                try StandardOutput.write(writer.line)
            }
        }
    }
}
