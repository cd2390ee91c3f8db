import ArgumentParser
import Benchmark

extension Bench {
    /// The command `falconer bench scale`.
    struct Scale: BenchCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a delivery costs with a large journal, many subscribers, or other threads.",
            discussion: """
                The baseline is a journal of 1,000 events and no subscriber. Each other case differs from it in one thing; all \
                are run in turns, a service for each, and put beside the baseline as ratios of medians. An idle subscriber wants \
                a type of event that never comes, a live one is given everything. The journals are made in a directory under \
                /tmp that is removed afterwards: 1 GB for a million events.

                  falconer bench scale --journal-events 1000000 --idle 1000 --live 10 --threads 1

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(parsing: .singleValue, help: "A case with so many events in the journal; repeatable.")
        var journalEvents: [Int] = []

        @Option(parsing: .singleValue, help: "A case with so many idle subscribers; repeatable.")
        var idle: [Int] = []

        @Option(parsing: .singleValue, help: "A case with so many live subscribers; repeatable.")
        var live: [Int] = []

        @Option(parsing: .singleValue, help: "A case with so many event loops of the hook; repeatable.")
        var threads: [Int] = []

        @Option(help: "Connections that deliver.")
        var connections = 64

        @Option(help: "Seconds of each run.")
        var duration = 5

        @Option(help: "Runs of each case.")
        var runs = 3

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard journalEvents.allSatisfy((1...20_000_000).contains) else {
                throw ValidationError("--journal-events: 1 to 20000000")
            }
            guard (idle + live).allSatisfy((1...10_000).contains) else {
                throw ValidationError("--idle, --live: 1 to 10000")
            }
            guard threads.allSatisfy((1...64).contains) else { throw ValidationError("--threads: 1 to 64") }
            guard (1...1_000).contains(connections) else { throw ValidationError("--connections: 1 to 1000") }
            guard (1...60).contains(duration) else { throw ValidationError("--duration: 1 to 60 seconds") }
            guard (1...20).contains(runs) else { throw ValidationError("--runs: 1 to 20") }
        }

        func measure(program: String) throws -> [ScaleMeasurement] {
            let cases =
                journalEvents.map { ScaleCase(journalEvents: $0) } + idle.map { ScaleCase(idleSubscribers: $0) }
                + live.map { ScaleCase(liveSubscribers: $0) } + threads.map { ScaleCase(threads: $0) }
            let benchmark = ScaleBenchmark(
                cases: [.baseline] + cases,
                connections: connections,
                duration: .seconds(duration),
                runs: runs,
                program: program
            )
            return try benchmark.run { StandardError.writeLine($0) }
        }

        func table(_ measurements: [ScaleMeasurement]) -> [String] {
            let rows = ScaleMeasurement.medians(measurements)
            guard let baseline = rows.first else { return [] }
            let heading =
                "case                   stored/s  p50 ms  p99 ms  CPU us  MiB  errors  ÷ baseline: stored/s   p99   CPU"
            return [heading]
                + rows.map { row in
                    let ratios = [
                        row.perSecond / max(baseline.perSecond, 1),
                        Double(row.percentile99) / Double(max(baseline.percentile99, 1)),
                        row.processorMicroseconds / max(baseline.processorMicroseconds, 1),
                    ].map { "\(Table.milliseconds(Int($0 * 1_000)))" }
                    return Table.row(
                        name: (row.scaleCase.name, 21),
                        [
                            ("\(Int(row.perSecond))", 8), (Table.milliseconds(row.median), 6),
                            (Table.milliseconds(row.percentile99), 6), ("\(Int(row.processorMicroseconds))", 6),
                            ("\(row.residentBytes >> 20)", 3), ("\(row.errors)", 6), (ratios[0], 22),
                            (ratios[1], 4), (ratios[2], 4),
                        ]
                    )
                }
        }
    }
}
