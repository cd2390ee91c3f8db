import ArgumentParser
import Benchmark
import JSONText

extension Bench {
    /// The command `falconer bench submit`.
    struct Submit: BenchCommand {
        static let configuration = CommandConfiguration(
            commandName: "submit",
            abstract: "Submissions a second from a batch, beside 'curl --parallel' of the same bodies.",
            discussion: """
                Service, emulator, batch and curl are processes on this machine. curl only posts; the batch has each line on \
                disk before it is answered, and the service then posts it. At the end a batch is killed in its middle and run \
                again, and the journal is looked through for lines that are there twice or not at all. Needs curl.

                Exit codes: 0 measured, 1 no figure, or a line that is not there once.
                """
        )

        @Option(help: "Lines of a batch.")
        var lines = 10_000

        @Option(help: "Commands, and connections of curl's, under way at once.")
        var concurrency = 48

        @OptionGroup var output: OutputOptions

        typealias Figures = (rates: [SubmitBenchmark.Rate], resumption: SubmitBenchmark.Resumption)

        func validate() throws {
            guard (10...1_000_000).contains(lines) else { throw ValidationError("--lines: 10 to 1000000") }
            guard (1...48).contains(concurrency) else { throw ValidationError("--concurrency: 1 to 48") }
        }

        func measure(program: String) throws -> Figures {
            let benchmark = SubmitBenchmark(lines: lines, concurrency: concurrency, program: program)
            return try benchmark.run { StandardError.writeLine($0) }
        }

        func judge(_ figures: Figures) throws {
            let once = figures.resumption.once
            guard once == lines else {
                throw CommandFailure(.internalFault, "\(lines - once) lines are not there once")
            }
        }

        func jsonLines(_ figures: Figures) -> [[UInt8]] {
            let resumption = figures.resumption
            var all = figures.rates.map { rate in
                var writer = JSONObjectWriter()
                writer.member("subject", rate.subject)
                writer.member("lines", rate.count)
                writer.member("milliseconds", Int(rate.duration / .milliseconds(1)))
                writer.member("per_second", Int(rate.perSecond))
                return writer.line
            }
            var writer = JSONObjectWriter()
            writer.member("subject", "killed and run again")
            writer.member("lines", lines)
            writer.member("there_before", resumption.wasThere)
            writer.member("once", resumption.once)
            writer.member("twice", resumption.twice)
            writer.member("missing", resumption.missing)
            all.append(writer.line)
            return all
        }

        func table(_ figures: Figures) -> [String] {
            let resumption = figures.resumption
            return figures.rates.map { Table.row(name: ($0.subject, 16), [("\(Int($0.perSecond)) a second", 0)]) } + [
                "killed and run again: \(resumption.wasThere) there before, \(resumption.once) once, "
                    + "\(resumption.twice) twice, \(resumption.missing) missing"
            ]
        }
    }
}
