import ArgumentParser
import Benchmark
import FoundationEssentials

/// A command that measures something and shows its figures: a line of JSON for each, or a table.
protocol BenchCommand: ParsableCommand {
    /// What is measured.
    associatedtype Figures

    var output: OutputOptions { get }

    /// Measures; `program` is the executable that runs, for the processes of the benchmark.
    func measure(program: String) throws -> Figures

    /// The figures for programs.
    func jsonLines(_ figures: Figures) -> [[UInt8]]

    /// The figures for people.
    func table(_ figures: Figures) -> [String]

    /// Throws where the figures, which have been shown, show a fault.
    func judge(_ figures: Figures) throws
}

extension BenchCommand {
    func run() throws {
        try reportingFailure {
            do {
                let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                let figures = try measure(program: program)
                try show(figures)
                try judge(figures)
            } catch let failure as BenchmarkFailure {
                throw CommandFailure(.internalFault, failure.description)
            }
        }
    }

    func judge(_ figures: Figures) throws {}

    private func show(_ figures: Figures) throws {
        guard output.resolvedFormat == .human else {
            for line in jsonLines(figures) { try StandardOutput.write(line) }
            return
        }
        #if DEBUG
        try StandardOutput.writeLine("a debug build: the figures say nothing; use swift build -c release")
        #endif
        for line in table(figures) { try StandardOutput.writeLine(line) }
    }
}

extension BenchCommand where Figures: Sequence, Figures.Element: BenchmarkMeasurement {
    func jsonLines(_ figures: Figures) -> [[UInt8]] { figures.map(\.json) }
}
