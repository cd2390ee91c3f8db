import Glibc
import TestSupport

/// One fault at one system call of a service that stores.
struct ServingRound: Sendable {
    let fault: SystemCallFault
    let number: Int

    /// Enough for forty writes, syncs and new segments.
    private static let deliveriesMax = 250
    /// So small that a few events fill a segment.
    static let arguments = ["--segment-bytes", "4096"]

    /// Does it.
    func run(_ falconer: String, _ report: Report) throws {
        let workspace = try Workspace()
        var ledger = ClientLedger()
        var found: [String] = []
        var service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        let tracer = try Tracer(of: service.process.processID, in: workspace, fault.arguments(at: number))
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "a")
        load.connections = 4
        load.countMax = Self.deliveriesMax
        load.time = .seconds(10)
        load.patience = .seconds(10)
        load.padding = { _ in 0 }
        let outcome = load.run(into: &ledger)
        found += outcome.malformed
        // What a fault does may show only at the next event.
        let next = probe(service, workspace, &ledger)
        let isReached = isReached(service, workspace)
        report.count(isReached ? "injected" : "not_reached")
        found += isReached ? judge(service, [outcome, next]) : []
        found += judge(service, next, isReached: isReached)
        let log = service.log
        service.kill()
        _ = tracer

        service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        report.maximum("slowest_start_ms", Int(service.startTime / .milliseconds(1)))
        if !service.hasStarted { found.append("I6: it does not start again: \(service.log.suffix(500))") }
        var oracle = JournalOracle()
        oracle.read(journal: workspace.journal)
        oracle.compare(with: ledger)
        service.kill()
        found += oracle.violations
        report.count("acknowledged", ledger.acknowledged.count)
        report.round()
        report.violated(
            found.map { "\(fault.name) at \(number): \($0)" },
            in: workspace,
            ledger,
            log: log
        )
    }

    private func isReached(_ service: ServiceProcess, _ workspace: Workspace) -> Bool {
        if case .dies = fault.expectation { return service.process.waitForExit(within: .milliseconds(200)) != nil }
        return Tracer.hasInjected(in: workspace)
    }

    /// What the service did while it was under load.
    private func judge(_ service: ServiceProcess, _ outcomes: [LedgerLoad.Outcome]) -> [String] {
        var found: [String] = []
        switch fault.expectation {
        case .goesOn:
            if let exit = service.process.waitForExit(within: .zero) { found.append("it ended, \(describe(exit))") }
        case .givesUp:
            let exit = service.process.waitForExit(within: .seconds(10))
            if exit != .code(8) { found.append("\(describe(exit)) in place of exit code 8") }
            // (I8) What was sent after the first 503 had been read is not stored.
            let stored = outcomes.flatMap(\.exchanges).filter { $0.isAfterRefusal && $0.isStoredAnew }
            if !stored.isEmpty { found.append("I8: \(stored.count) were stored after a failure that is for good") }
        case .dies:
            let exit = service.process.waitForExit(within: .zero)
            if exit != .signal(SIGKILL) { found.append("\(describe(exit)) in place of SIGKILL") }
        case .goesOnOrGivesUp:
            let exit = service.process.waitForExit(within: .seconds(2))
            if exit != nil, exit != .code(8) { found.append("\(describe(exit)) in place of exit code 8") }
        }
        return found
    }

    /// Delivers three more, one after the other.
    private func probe(
        _ service: ServiceProcess,
        _ workspace: Workspace,
        _ ledger: inout ClientLedger
    ) -> LedgerLoad.Outcome {
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "b")
        load.connections = 1
        load.countMax = 3
        load.duplicates = 0
        load.patience = .seconds(8)
        return load.run(into: &ledger)
    }

    /// Whether a service that is still there stores, or says that it cannot.
    private func judge(_ service: ServiceProcess, _ next: LedgerLoad.Outcome, isReached: Bool) -> [String] {
        if isReached {
            switch fault.expectation {
            case .goesOn: break
            case .goesOnOrGivesUp where service.process.waitForExit(within: .zero) == nil: break
            default: return []
            }
        }
        let mayFail = isReached && fault.isLasting && fault.injections[0].hasPrefix(SystemCallFault.writes)
        let expected = mayFail ? 503 : 200
        guard next.exchanges.last?.status != expected else { return [] }
        let status = next.exchanges.last?.status.map { "\($0)" } ?? "no answer"
        return ["the next deliveries got \(status) in place of \(expected)"]
    }
}
