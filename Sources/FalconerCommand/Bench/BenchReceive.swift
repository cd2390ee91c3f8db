import ArgumentParser
import Benchmark

extension Bench {
    /// The command `falconer bench receive`.
    struct Receive: BenchCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliveries a second, verified and durable, beside the least that can do the same in C.",
            discussion: """
                The service, and what stands beside this program of falconer-reference, a C server on the same \
                libraries that verifies, deduplicates, appends, synchronizes and answers, and does nothing else, and \
                falconer-reference-go, the same on Go's net/http. 'Tests/Benchmarks/receive' builds all three. They \
                are run in turns on loopback, with the load on the same processors. Before a figure counts, every \
                delivery that got a 200 is looked up in the journal.

                  falconer bench receive --connections 1 --connections 64 --padding 0 --padding 9400

                Exit codes: 0 measured, 1 no figure.
                """
        )

        @Option(parsing: .singleValue, help: "Keep-alive connections; give it again for another row (default: 64).")
        var connections: [Int] = []

        @Option(
            parsing: .singleValue,
            help: "Bytes of text in each body beside its own 600; give it again for another row (default: 0)."
        )
        var padding: [Int] = []

        @Flag(help: "A new connection for each delivery.")
        var connectionPerDelivery = false

        @Option(help: "Seconds each run sends.")
        var duration = 5

        @Option(help: "Runs of each receiver.")
        var runs = 3

        @Flag(help: "Also a receiver that answers 200 and does nothing: what HTTP alone costs.")
        var trivial = false

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard connections.allSatisfy((1...1_000).contains) else {
                throw ValidationError("--connections: 1 to 1000")
            }
            guard (1...60).contains(duration) else { throw ValidationError("--duration: 1 to 60 seconds") }
            guard (1...20).contains(runs) else { throw ValidationError("--runs: 1 to 20") }
            guard padding.allSatisfy((0...4_000_000).contains) else {
                throw ValidationError("--padding: 0 to 4000000 bytes")
            }
        }

        func measure(program: String) throws -> ReceiveTable {
            var benchmark = ReceiveBenchmark(program: program, duration: .seconds(duration), runs: runs)
            benchmark.workloads = (padding.isEmpty ? [0] : padding).flatMap { padding in
                (connections.isEmpty ? [64] : connections).map { count in
                    ReceiveWorkload(
                        connections: count,
                        padding: padding,
                        isConnectionPerDelivery: connectionPerDelivery
                    )
                }
            }
            if trivial { benchmark.subjects.append(.trivial) }
            if !benchmark.subjects.contains(.reference) {
                StandardError.writeLine("falconer-reference is not beside \(program): no ratios")
            }
            return ReceiveTable(try benchmark.run { StandardError.writeLine($0) })
        }

        func jsonLines(_ figures: ReceiveTable) -> [[UInt8]] { figures.jsonLines(conditions: .current) }

        func table(_ figures: ReceiveTable) -> [String] {
            ["\(BenchmarkConditions.current)", "\(runs) runs of \(duration) s in turns, medians; *: a connection each"]
                + figures.lines
        }
    }
}
