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
            Receive.self, Fanout.self, Replay.self, Latency.self, Recover.self, MakeJournal.self, Answer.self,
        ]
    )

    /// The command `falconer bench receive`.
    struct Receive: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliveries a second, verified and durable, beside a receiver that only answers 200.",
            discussion: """
                Both are run in turns on loopback, with the load on the same processors. Before a figure counts, every \
                delivery that got a 200 is looked up in the journal.

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(help: "Keep-alive connections.")
        var connections = 64

        @Option(help: "Seconds each run sends.")
        var duration = 5

        @Option(help: "Runs of each receiver.")
        var runs = 3

        @Option(help: "Bytes of text in each body beside its own 600.")
        var padding = 0

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...1_000).contains(connections) else { throw ValidationError("--connections: 1 to 1000") }
            guard (1...60).contains(duration) else { throw ValidationError("--duration: 1 to 60 seconds") }
            guard (1...20).contains(runs) else { throw ValidationError("--runs: 1 to 20") }
            guard (0...4_000_000).contains(padding) else { throw ValidationError("--padding: 0 to 4000000 bytes") }
        }

        func run() throws {
            try reportingFailure {
                let benchmark = ReceiveBenchmark(
                    connections: connections,
                    duration: .seconds(duration),
                    runs: runs,
                    padding: padding,
                    program: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                )
                do {
                    let measurements = try benchmark.run { StandardError.writeLine($0) }
                    try output.resolvedFormat == .json ? showJSON(measurements) : showTable(measurements)
                } catch let failure as ReceiveBenchmark.Failure {
                    throw CommandFailure(.internalFault, failure.description)
                }
            }
        }

        private func showJSON(_ measurements: [Measurement]) throws {
            for measurement in measurements { try StandardOutput.write(measurement.json) }
        }

        private func showTable(_ measurements: [Measurement]) throws {
            #if DEBUG
            try StandardOutput.writeLine("a debug build: the figures say nothing; use swift build -c release")
            #endif
            let processors = ProcessInfo.processInfo.activeProcessorCount
            try StandardOutput.writeLine(
                "\(connections) connections, bodies of \(600 + padding) bytes, \(duration) s a run, \(processors) processors"
            )
            try StandardOutput.writeLine("receiver  answers/s  p50 ms  p99 ms  p99.9 ms  CPU us  peak MiB  errors")
            for measurement in measurements {
                let cells = [
                    Self.pad("\(Int(measurement.perSecond))", 9), Self.pad(Self.milliseconds(measurement.median), 6),
                    Self.pad(Self.milliseconds(measurement.percentile99), 6),
                    Self.pad(Self.milliseconds(measurement.percentile999), 8),
                    Self.pad("\(Int(measurement.processorMicroseconds))", 6),
                    Self.pad("\(measurement.peakBytes >> 20)", 8), Self.pad("\(measurement.errors)", 6),
                ]
                let name = measurement.subject.rawValue
                try StandardOutput.writeLine(
                    name + String(repeating: " ", count: 8 - name.count) + "  " + cells.joined(separator: "  ")
                )
            }
        }

        private static func milliseconds(_ microseconds: UInt32) -> String {
            "\(microseconds / 1_000).\(pad("\(microseconds % 1_000 / 10)", 2, with: "0"))"
        }

        private static func pad(_ text: String, _ width: Int, with filler: Character = " ") -> String {
            String(repeating: filler, count: max(0, width - text.count)) + text
        }
    }

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
