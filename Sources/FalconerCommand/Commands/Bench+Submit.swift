import ArgumentParser
import Benchmark
import FoundationEssentials
import JSONText

extension Bench {
    /// The command `falconer bench submit`.
    struct Submit: ParsableCommand {
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

        func validate() throws {
            guard (10...1_000_000).contains(lines) else { throw ValidationError("--lines: 10 to 1000000") }
            guard (1...48).contains(concurrency) else { throw ValidationError("--concurrency: 1 to 48") }
        }

        func run() throws {
            try reportingFailure {
                let benchmark = SubmitBenchmark(
                    lines: lines,
                    concurrency: concurrency,
                    program: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                )
                do {
                    let (rates, resumption) = try benchmark.run { StandardError.writeLine($0) }
                    try output.resolvedFormat == .json ? showJSON(rates, resumption) : showTable(rates, resumption)
                    guard resumption.once == lines else {
                        throw CommandFailure(.internalFault, "\(lines - resumption.once) lines are not there once")
                    }
                } catch let failure as SubmitBenchmark.Failure {
                    throw CommandFailure(.internalFault, failure.description)
                }
            }
        }

        private func showJSON(_ rates: [SubmitBenchmark.Rate], _ resumption: SubmitBenchmark.Resumption) throws {
            for rate in rates {
                var writer = JSONObjectWriter()
                writer.member("subject", rate.subject)
                writer.member("lines", rate.count)
                writer.member("milliseconds", Int(rate.duration / .milliseconds(1)))
                writer.member("per_second", Int(rate.perSecond))
                try StandardOutput.write(writer.line)
            }
            var writer = JSONObjectWriter()
            writer.member("subject", "killed and run again")
            writer.member("lines", lines)
            writer.member("there_before", resumption.wasThere)
            writer.member("once", resumption.once)
            writer.member("twice", resumption.twice)
            writer.member("missing", resumption.missing)
            try StandardOutput.write(writer.line)
        }

        private func showTable(_ rates: [SubmitBenchmark.Rate], _ resumption: SubmitBenchmark.Resumption) throws {
            #if DEBUG
            try StandardOutput.writeLine("a debug build: the figures say nothing; use swift build -c release")
            #endif
            for rate in rates {
                let name = rate.subject + String(repeating: " ", count: max(0, 16 - rate.subject.count))
                try StandardOutput.writeLine("\(name)  \(Int(rate.perSecond)) a second")
            }
            try StandardOutput.writeLine(
                "killed and run again: \(resumption.wasThere) there before, \(resumption.once) once, "
                    + "\(resumption.twice) twice, \(resumption.missing) missing"
            )
        }
    }
}
