import ArgumentParser
import Falconer
import Glibc
import JSONText
import Journal
import Logging
import SystemPackage

/// The command `falconer journal repair`.
struct RepairJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Put bytes that are no event into quarantine, as every start of the service does.",
        discussion: """
            Every valid line stays where it is, and nothing is thrown away: what is taken out is in journal/quarantine \
            in the data folder. --dry-run says what would be done, and needs no lock.

            Exit codes: 0 repaired or nothing to repair, 4 no journal, 8 the disk failed, 10 a service is running.
            """
    )

    @OptionGroup var data: DataOptions

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Do it without asking.")
    var yes = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let inspection = try data.inspection()
            let holder = inspection.holder()
            if let holder, !dryRun { throw Self.inUse(holder, inspection) }
            var progress = ProgressLine()
            let plan = try reading {
                let all = try inspection.segments().reduce(0) { $0 + $1.bytes }
                return try inspection.plannedRepairs { progress.show($0, of: all) }
            }
            progress.end()
            for step in plan { try write(step) }
            if output.resolvedFormat == .human, plan.isEmpty { try StandardOutput.writeLine("nothing to repair") }
            if holder != nil {
                StandardError.writeLine(
                    "a service is running: the newest bytes may only look as if they needed repair, being written now"
                )
            }
            guard !dryRun, !plan.isEmpty, try isWanted() else { return }
            let logger = Logger(label: "journal") { StandardErrorLogHandler(label: $0, level: .warning) }
            let folder = data.path.appending("journal")
            let left = try reading { try JournalRepair.run(folder, logger: logger) }
            guard left.isEmpty else {
                throw CommandFailure(.storage, "not everything could be repaired", advice: "look at the disk")
            }
            if output.resolvedFormat == .human { try StandardOutput.writeLine("repaired") }
        }
    }

    private static func inUse(_ holder: Int32, _ inspection: JournalInspection) -> CommandFailure {
        CommandFailure(
            .conflict,
            "the journal in \(inspection.directory) is in use by process \(holder == 0 ? "unknown" : "\(holder)")",
            advice: "stop that one first; its own start has repaired what needed it, --dry-run tells what is left"
        )
    }

    private func write(_ step: PlannedRepair) throws {
        if output.resolvedFormat == .human {
            let bytes = step.ranges.reduce(0) { $0 + $1.count }
            let ranges = step.ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
            let way = step.way == .cut ? "cut off" : "taken out, the file written anew"
            try StandardOutput.writeLine(
                "\(step.fileName): \(bytes) bytes at \(ranges) go into quarantine, \(way); \(step.bytesKept) bytes stay"
            )
            return
        }
        var writer = JSONObjectWriter()
        writer.member("segment", step.fileName)
        writer.member("way", step.way.rawValue)
        writer.member(
            "ranges",
            array: step.ranges.map { Array("[\($0.lowerBound),\($0.upperBound)]".utf8) }
        )
        writer.member("bytes_kept", step.bytesKept)
        try StandardOutput.write(writer.line)
    }

    /// Whether it shall be done: said on the command line, or by whoever sits at the terminal.
    private func isWanted() throws -> Bool {
        if yes { return true }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(.usage, "nothing was repaired: nobody is there to be asked", advice: "say --yes")
        }
        StandardError.write("Repair? [y/N] ")
        let answer = readLine() ?? ""
        return ["y", "yes"].contains(answer.lowercased())
    }
}
