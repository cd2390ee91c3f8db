import ArgumentParser
import Benchmark
import JSONText
import Logging
import SystemPackage

extension Bench {
    /// The command `falconer bench journal`.
    struct MakeJournal: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "journal",
            abstract: "Make a journal of signed deliveries, to measure 'journal verify' and the start of a service.",
            discussion: """
                The journal and a key set for it are made in a new data folder:

                  falconer bench journal --data /tmp/big --bytes 1GB
                  falconer journal verify --data /tmp/big

                Exit codes: 0 made, 1 not made, 10 there is a journal already.
                """
        )

        @Option(help: "The data folder to make it in.")
        var data: String

        @Option(help: "About how large: 1000000, 64MB, 1GB.")
        var bytes = "1GB"

        @OptionGroup var output: OutputOptions

        func run() throws {
            try reportingFailure {
                let all = try Self.size(bytes)
                let generator = JournalGenerator(data: FilePath(data), bytes: all, workers: workerCount)
                let logger = Logger(label: "journal") { StandardErrorLogHandler(label: $0, level: .warning) }
                var progress = ProgressLine()
                do throws(JournalGenerator.Failure) {
                    let made = try generator.run(logger: logger) { progress.show($0, of: all) }
                    progress.end()
                    try? show(made, progress.elapsed)
                } catch {
                    switch error {
                    case .exists:
                        throw CommandFailure(
                            .conflict,
                            "there is a journal in \(data) already",
                            advice: "give a folder of its own: made-up events have no place among real ones"
                        )
                    case .failed(let reason): throw CommandFailure(.internalFault, reason)
                    }
                }
            }
        }

        private func show(_ made: JournalGenerator.Made, _ elapsed: Duration) throws {
            if output.resolvedFormat == .human {
                let rate = perSecond(made.events, elapsed)
                try StandardOutput.writeLine("\(made.events) events, \(byteText(made.bytes)), \(rate) events/s")
                return
            }
            var writer = JSONObjectWriter()
            writer.member("events", made.events)
            writer.member("bytes", made.bytes)
            writer.member("milliseconds", wholeMilliseconds(elapsed))
            try StandardOutput.write(writer.line)
        }

        static func size(_ text: String) throws -> Int {
            let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("", 1)]
            for (unit, factor) in units where text.hasSuffix(unit) {
                guard let count = Int(text.dropLast(unit.count)), (1...(1_000_000_000_000 / factor)).contains(count)
                else { break }
                return count * factor
            }
            throw CommandFailure(.usage, "--bytes: \(text) is no size; write 64MB or 1GB")
        }
    }
}
