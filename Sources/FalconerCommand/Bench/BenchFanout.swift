import ArgumentParser
import Benchmark

extension Bench {
    /// The command `falconer bench fanout`.
    struct Fanout: BenchCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "What many subscribers do to deliveries: throughput, answer times and memory, without them and with.",
            discussion: """
                One service is measured three times: without subscribers, with them, and without again. Some of them stop \
                reading, some read a byte a second; every other one must be given every event, in order, or there is no \
                figure. Service, load and subscribers share the machine; the subscribers give way to the others.

                  falconer bench fanout --subscribers 1000 --stopped 10% --trickling 10% --connections 64

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(help: "How many subscribers.")
        var subscribers = 1_000

        @Option(help: "How many of them read nothing, 100 or 10%.")
        var stopped = "10%"

        @Option(help: "How many of them read one byte a second, 100 or 10%.")
        var trickling = "10%"

        @Option(help: "Connections that deliver.")
        var connections = 64

        @Option(help: "Deliveries a second (default: as many as are answered).")
        var perSecond: Int?

        @Option(help: "Seconds of each run.")
        var duration = 10

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...10_000).contains(subscribers) else { throw ValidationError("--subscribers: 1 to 10000") }
            guard (1...1_024).contains(connections) else { throw ValidationError("--connections: 1 to 1024") }
            guard (1...600).contains(duration) else { throw ValidationError("--duration: 1 to 600") }
            guard (1...100_000).contains(perSecond ?? 1) else { throw ValidationError("--per-second: 1 to 100000") }
            guard let idle = part(stopped), let slow = part(trickling), idle + slow < subscribers else {
                throw ValidationError("--stopped and --trickling: a number or a percentage each, together not all")
            }
        }

        func measure(program: String) throws -> [FanoutMeasurement] {
            let benchmark = FanoutBenchmark(
                subscribers: subscribers,
                stopped: part(stopped) ?? 0,
                trickling: part(trickling) ?? 0,
                connections: connections,
                perSecond: perSecond.map(Double.init),
                duration: .seconds(duration),
                program: program
            )
            return try benchmark.run { StandardError.writeLine($0) }
        }

        /// A number, or a percentage of the subscribers.
        private func part(_ text: String) -> Int? {
            let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
            guard let number = Int(digits), number >= 0 else { return nil }
            return text.hasSuffix("%") ? number <= 100 ? subscribers * number / 100 : nil : number
        }

        func table(_ measurements: [FanoutMeasurement]) -> [String] {
            ["subscribers  complete  answers/s  p50 ms  p99 ms  errors  catch-up ms  MiB before  during  after"]
                + measurements.map { measurement in
                    Table.row([
                        ("\(measurement.subscribers)", 11), ("\(measurement.complete)", 8),
                        ("\(Int(measurement.perSecond))", 9), (Table.milliseconds(measurement.median), 6),
                        (Table.milliseconds(measurement.percentile99), 6), ("\(measurement.errors)", 6),
                        ("\(wholeMilliseconds(measurement.catchUp))", 11), ("\(measurement.memory.before >> 20)", 10),
                        ("\(measurement.memory.during >> 20)", 6), ("\(measurement.memory.after >> 20)", 5),
                    ])
                }
        }
    }
}
