import FoundationEssentials
import Glibc
import TestSupport

/// A journal that needs every kind of repair, to be copied for each round that starts on it.
struct DamagedJournal: Sendable {
    /// The data directory.
    let data: String
    /// What its clients know, but for the one event that the damage has cost.
    let ledger: ClientLedger
    /// The paths that are opened in the journal.
    let paths: [String]
    private let workspace: Workspace

    /// Has a service fill a few segments, and damages them: a line in the middle, and the end.
    init(_ falconer: String) throws {
        let workspace = try Workspace()
        data = workspace.data
        let service = try ServiceProcess(falconer, in: workspace, ["--segment-bytes", "16384"])
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "a")
        load.countMax = 60
        load.duplicates = 0
        load.padding = { _ in 0 }
        var known = ClientLedger()
        _ = load.run(into: &known)
        service.kill()
        guard known.acknowledged.count == 60 else { throw HarnessFailure("no journal could be made: \(service.log)") }
        let journal = workspace.journal
        let names = try FileManager.default.contentsOfDirectory(atPath: journal)
            .filter { $0.hasSuffix(".jsonl") }.sorted()
        let filled = try names.filter { try Data(contentsOf: URL(filePath: "\(journal)/\($0)")).count > 0 }
        guard filled.count > 2 else { throw HarnessFailure("a journal of \(filled.count) segments is none to damage") }
        self.workspace = workspace
        let lost = try Self.damageALine(of: "\(journal)/\(filled[1])")
        try Self.tearTheEnd(of: "\(journal)/\(filled[filled.count - 1])")
        try Data("left behind".utf8).write(to: URL(filePath: "\(journal)/\(filled[0]).tmp"))
        var ledger = ClientLedger()
        for (id, digest) in known.sent { ledger.note(.sent(id: id, digest: digest)) }
        for (id, sequence) in known.acknowledged where sequence != lost {
            ledger.note(.acknowledged(id: id, sequence: sequence, digest: known.sent[id] ?? ""))
        }
        self.ledger = ledger
        let next = (known.acknowledged.values.max() ?? 0) + 2
        let digits = String(next)
        let nextName = String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".jsonl"
        paths =
            ["", "/LOCK", "/ID", "/ID.tmp", "/quarantine"]
            + (names + names.map { $0 + ".tmp" } + [nextName]).map { "/\($0)" }
    }

    /// Changes a byte in the middle of a segment; its event is lost.
    private static func damageALine(of path: String) throws -> UInt64 {
        var bytes = try Data(contentsOf: URL(filePath: path))
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard lines.count > 2 else { throw HarnessFailure("a segment of \(lines.count) lines is none to damage") }
        let place = lines[1].startIndex + lines[1].count / 2
        bytes[place] ^= 1
        try bytes.write(to: URL(filePath: path))
        return try Array(lines[1]).withUnsafeBytes { try JournalLine($0).id }
    }

    private static func tearTheEnd(of path: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.append(contentsOf: bytes.prefix(700))
        try bytes.write(to: URL(filePath: path))
    }
}

/// One fault at one system call of a service that starts on a damaged journal.
struct StartingRound {
    let fault: SystemCallFault
    let number: Int
    let damaged: DamagedJournal

    /// Does it.
    ///
    /// - Returns: Whether there was such a call.
    func run(_ falconer: String, _ report: Report) throws -> Bool {
        let workspace = try Workspace()
        try FileManager.default.removeItem(atPath: workspace.data)
        try FileManager.default.copyItem(atPath: damaged.data, toPath: workspace.data)
        var ledger = damaged.ledger
        var found: [String] = []
        var arguments = fault.arguments(at: number)
        if fault.injections[0].hasPrefix("openat") {
            // The program's own libraries are not what is looked at.
            arguments += damaged.paths.flatMap { ["-P", workspace.journal + $0] }
        }
        var service = try ServiceProcess(falconer, in: workspace, wrapper: Tracer.wrapper(in: workspace, arguments))
        let isReached: Bool
        if case .dies = fault.expectation {
            isReached = !service.hasStarted
        } else {
            isReached = Tracer.hasInjected(in: workspace)
        }
        let log = service.log
        if service.hasStarted {
            found += deliver(to: service, workspace, &ledger, mustStore: !isReached)
        } else if let exit = service.process.waitForExit(within: .seconds(5)), exit != .code(8),
            exit != .signal(SIGKILL)
        {
            found.append("the start ended as \(describe(exit))")
        }
        service.kill()
        service = try ServiceProcess(falconer, in: workspace)
        report.maximum("slowest_start_ms", Int(service.startTime / .milliseconds(1)))
        if !service.hasStarted { found.append("I6: it does not start again: \(service.log.suffix(500))") }
        var oracle = JournalOracle()
        oracle.read(journal: workspace.journal)
        oracle.compare(with: ledger)
        service.kill()
        found += oracle.violations
        report.count(isReached ? "injected" : "not_reached")
        report.round()
        report.violated(
            found.map { "start, \(fault.name) at \(number): \($0)" },
            in: workspace,
            ledger,
            log: log
        )
        return isReached
    }

    private func deliver(
        to service: ServiceProcess,
        _ workspace: Workspace,
        _ ledger: inout ClientLedger,
        mustStore: Bool
    ) -> [String] {
        guard !mustStore || service.waitUntilReady() else { return ["it started, and is never ready"] }
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "b")
        load.connections = 2
        load.countMax = 10
        load.patience = .seconds(8)
        let outcome = load.run(into: &ledger)
        return outcome.malformed + (mustStore && outcome.count(200) == 0 ? ["it started, and stores nothing"] : [])
    }
}
