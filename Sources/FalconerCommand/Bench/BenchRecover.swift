import ArgumentParser
import Benchmark

extension Bench {
    /// The command `falconer bench recover`.
    struct Recover: BenchCommand {
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

        func measure(program: String) throws -> [RecoverMeasurement] {
            do {
                return try RecoverBenchmark(events: events).run { StandardError.writeLine($0) }
            } catch {
                throw CommandFailure(.internalFault, "the journal could not be measured: \(error)")
            }
        }

        func table(_ measurements: [RecoverMeasurement]) -> [String] {
            ["opening     events  journal MB      ms  CPU ms    MB/s  memory KiB"]
                + measurements.map { measurement in
                    Table.row(
                        name: (measurement.subject.rawValue, 8),
                        [
                            ("\(measurement.events)", 8), ("\(measurement.bytes / 1_000_000)", 10),
                            ("\(wholeMilliseconds(measurement.duration))", 6),
                            ("\(wholeMilliseconds(measurement.processorTime))", 6),
                            ("\(Int(measurement.bytesPerSecond / 1_000_000))", 6),
                            ("\(measurement.residentBytes / 1_024)", 10),
                        ]
                    )
                }
        }
    }
}
