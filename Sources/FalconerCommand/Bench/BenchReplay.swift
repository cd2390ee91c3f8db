import ArgumentParser
import Benchmark
import SystemPackage

extension Bench {
    /// The command `falconer bench replay`.
    struct Replay: BenchCommand {
        static let configuration = CommandConfiguration(
            abstract: "How fast one subscriber is given a whole journal, beside 'cat FILES | nc -U'.",
            discussion: """
                A journal is made in a directory under /tmp that is removed afterwards, or taken from --data, as 'falconer \
                bench journal' makes it. One subscriber reads all of it, then with a filter that one event in a hundred \
                passes; beside that, the same bytes go through a Unix socket by cat and nc, by a thread that reads and \
                writes blocks, and by sendfile(2). The readers are the same, and check the order of the events.

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(help: "About how large the journal is: 64MB, 1GB.")
        var bytes = "1GB"

        @Option(help: "A data folder to take the journal from, or to make it in and leave it.")
        var data: String?

        @Option(help: "How often each way is measured, in turns.")
        var runs = 3

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...20).contains(runs) else { throw ValidationError("--runs: 1 to 20") }
        }

        func measure(program: String) throws -> [ReplayMeasurement] {
            let benchmark = ReplayBenchmark(
                bytes: try MakeJournal.size(bytes),
                data: data.map { FilePath($0) },
                runs: runs,
                workers: workerCount,
                program: program
            )
            return try benchmark.run { StandardError.writeLine($0) }
        }

        func table(_ measurements: [ReplayMeasurement]) -> [String] {
            ["way         journal MB  received MB    events      ms    MB/s  service CPU ms"]
                + measurements.map { measurement in
                    Table.row(
                        name: (measurement.way.rawValue, 10),
                        [
                            ("\(measurement.bytes / 1_000_000)", 10), ("\(measurement.received / 1_000_000)", 11),
                            ("\(measurement.events)", 8), ("\(wholeMilliseconds(measurement.elapsed))", 6),
                            ("\(Int(measurement.bytesPerSecond / 1_000_000))", 6),
                            (measurement.processorTime.map { "\(wholeMilliseconds($0))" } ?? "-", 14),
                        ]
                    )
                }
        }
    }

    /// The command `falconer bench latency`.
    struct Latency: BenchCommand {
        static let configuration = CommandConfiguration(
            abstract: "How long an event takes from the 200 for its delivery to a subscriber.",
            discussion: """
                Deliveries are sent at a rate, whatever the answers do; the time runs from when the 200 has been read to \
                when the event has been read from the socket, and is negative where the event comes first.

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(help: "Deliveries a second (repeatable; default: 100 and 2000).")
        var rate: [Int] = []

        @Option(help: "Seconds of each run.")
        var duration = 10

        @Option(help: "The most connections that deliver.")
        var connections = 64

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard rate.allSatisfy({ (1...100_000).contains($0) }) else { throw ValidationError("--rate: 1 to 100000") }
            guard (1...600).contains(duration) else { throw ValidationError("--duration: 1 to 600") }
            guard (1...1_024).contains(connections) else { throw ValidationError("--connections: 1 to 1024") }
        }

        func measure(program: String) throws -> [LatencyMeasurement] {
            let benchmark = LatencyBenchmark(
                rates: rate.isEmpty ? [100, 2_000] : rate,
                duration: .seconds(duration),
                connections: connections,
                program: program
            )
            return try benchmark.run { StandardError.writeLine($0) }
        }

        func table(_ measurements: [LatencyMeasurement]) -> [String] {
            ["rate/s  deliveries  answered/s  200: p50 ms  p99 ms  event after the 200: p50 ms  p99 ms  max ms"]
                + measurements.map { measurement in
                    Table.row([
                        ("\(measurement.rate)", 6), ("\(measurement.deliveries)", 10),
                        ("\(Int(measurement.perSecond))", 10), (Table.milliseconds(measurement.answerMedian), 11),
                        (Table.milliseconds(measurement.answerPercentile99), 6),
                        (Table.milliseconds(measurement.median), 27), (Table.milliseconds(measurement.percentile99), 6),
                        (Table.milliseconds(measurement.longest), 6),
                    ])
                }
        }
    }
}
