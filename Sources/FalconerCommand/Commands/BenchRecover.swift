import ArgumentParser
import Benchmark

extension Bench {
    /// The command `falconer bench recover`.
    struct Recover: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How long a journal takes to open, with its indexes and without.",
            discussion: """
                A journal of events of 1.1 KB each is made in a directory under /tmp that is removed afterwards, opened with its indexes, \
                and opened without them, on one processor and on all.

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(help: "Events in the journal.")
        var events = 100_000

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...10_000_000).contains(events) else { throw ValidationError("--events: 1 to 10000000") }
        }

        func run() throws {
            try reportingFailure {
                let measurements: [RecoverMeasurement]
                do {
                    measurements = try RecoverBenchmark(events: events).run { StandardError.writeLine($0) }
                } catch {
                    throw CommandFailure(.internalFault, "the journal could not be measured: \(error)")
                }
                try output.resolvedFormat == .json ? showJSON(measurements) : showTable(measurements)
            }
        }

        private func showJSON(_ measurements: [RecoverMeasurement]) throws {
            for measurement in measurements { try StandardOutput.write(measurement.json) }
        }

        private func showTable(_ measurements: [RecoverMeasurement]) throws {
            #if DEBUG
            try StandardOutput.writeLine("a debug build: the figures say nothing; use swift build -c release")
            #endif
            try StandardOutput.writeLine("opening     events  journal MB      ms  CPU ms    MB/s  memory KiB")
            for measurement in measurements {
                let cells = [
                    (measurement.events, 8), (measurement.bytes / 1_000_000, 10),
                    (Int(measurement.duration / .milliseconds(1)), 6),
                    (Int(measurement.processorTime / .milliseconds(1)), 6),
                    (Int(measurement.bytesPerSecond / 1_000_000), 6),
                    (measurement.residentBytes / 1_024, 10),
                ].map { Self.pad("\($0.0)", $0.1) }
                let name = measurement.subject.rawValue
                try StandardOutput.writeLine(
                    name + String(repeating: " ", count: 8 - name.count) + "  " + cells.joined(separator: "  ")
                )
            }
        }

        private static func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
    }
}
