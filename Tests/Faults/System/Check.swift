import ArgumentParser
import FoundationEssentials
import TestSupport

/// The command `falconer-faults check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a journal against what its clients know.",
        discussion: """
            Nothing may be writing the journal, and a service must have started on it since it last crashed: that \
            start is what repairs it.

              falconer-faults check --journal DATA/journal --ledger ledger.txt
            """
    )

    @Option(help: "The folder of the segments.")
    var journal: String

    @Option(help: "A client's ledger, or a captured console with one in it (repeatable); other lines are passed over.")
    var ledger: [String] = []

    @Option(help: "The lines that a subscriber was given (repeatable).")
    var seen: [String] = []

    @Option(
        help: ArgumentHelp(
            "The ledger was cut off with the machine: so many more deliveries may have been sent than it names.",
            valueName: "count"
        )
    )
    var tornLedger = 0

    func run() throws {
        var known = ClientLedger()
        for path in ledger {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            for line in text.split(whereSeparator: \.isNewline) {
                if let entry = ClientLedger.Entry(line: line) { known.note(entry) }
            }
        }
        var oracle = JournalOracle()
        oracle.read(journal: journal)
        oracle.compare(with: known, tornLedger: tornLedger)
        for path in seen {
            for line in try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n")) {
                guard line.starts(with: Array("{\"specversion\"".utf8)) else { continue }
                oracle.compare(seen: Array(line))
            }
        }
        oracle.readWithJQ(journal: journal)
        for violation in oracle.violations { Output.progress("violation: \(violation)") }
        var line = ResultLine()
        line.add("harness", "check")
        line.add("events", oracle.eventCount)
        line.add("sent", known.sent.count)
        line.add("acknowledged", known.acknowledged.count)
        line.add("missing_ids", oracle.missingIDs)
        line.add("unnamed", oracle.unnamed)
        line.add("violations", oracle.violations.count)
        Output.line(line.text)
        if !oracle.violations.isEmpty { throw ExitCode(1) }
    }
}

extension JournalOracle {
    /// Has jq read every segment, where there is a jq: what users read the journal with must not stop at any line.
    mutating func readWithJQ(journal: String) {
        let script = """
            command -v jq >/dev/null || exit 0
            for segment in "$0"/*.jsonl; do jq -c . "$segment" >/dev/null || exit 1; done
            """
        guard let jq = try? ChildProcess("/bin/sh", ["-c", script, journal]) else { return }
        if jq.waitForExit(within: .seconds(120)) != .code(0) { add("jq: \(jq.text(.standardError))") }
    }
}
