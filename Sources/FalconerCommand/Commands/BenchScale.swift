import ArgumentParser
import Benchmark
import FoundationEssentials

extension Bench {
    /// The command `falconer bench scale`.
    struct Scale: ParsableCommand {
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

        func run() throws {
            try reportingFailure {
                let cases =
                    journalEvents.map { ScaleCase(journalEvents: $0) } + idle.map { ScaleCase(idleSubscribers: $0) }
                    + live.map { ScaleCase(liveSubscribers: $0) } + threads.map { ScaleCase(threads: $0) }
                let benchmark = ScaleBenchmark(
                    cases: [.baseline] + cases,
                    connections: connections,
                    duration: .seconds(duration),
                    runs: runs,
                    program: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                )
                do {
                    let measurements = try benchmark.run { StandardError.writeLine($0) }
                    try output.resolvedFormat == .json ? showJSON(measurements) : showTable(measurements)
                } catch let failure as BenchmarkFailure {
                    throw CommandFailure(.internalFault, failure.description)
                }
            }
        }

        private func showJSON(_ measurements: [ScaleMeasurement]) throws {
            for measurement in measurements { try StandardOutput.write(measurement.json) }
        }

        private func showTable(_ measurements: [ScaleMeasurement]) throws {
            try Table.warnOfDebugBuild()
            try StandardOutput.writeLine(
                "case                   stored/s  p50 ms  p99 ms  CPU us  MiB  errors  ÷ baseline: stored/s   p99   CPU"
            )
            let rows = ScaleMeasurement.medians(measurements)
            guard let baseline = rows.first else { return }
            for row in rows {
                let name = row.scaleCase.name
                let ratios = [
                    row.perSecond / max(baseline.perSecond, 1),
                    Double(row.percentile99) / Double(max(baseline.percentile99, 1)),
                    row.processorMicroseconds / max(baseline.processorMicroseconds, 1),
                ].map { "\(Table.milliseconds(Int($0 * 1_000)))" }
                try StandardOutput.writeLine(
                    name + String(repeating: " ", count: max(1, 21 - name.count))
                        + Table.row([
                            ("\(Int(row.perSecond))", 10), (Table.milliseconds(row.median), 6),
                            (Table.milliseconds(row.percentile99), 6), ("\(Int(row.processorMicroseconds))", 6),
                            ("\(row.residentBytes >> 20)", 3), ("\(row.errors)", 6), (ratios[0], 22),
                            (ratios[1], 4), (ratios[2], 4),
                        ])
                )
            }
        }
    }
}
