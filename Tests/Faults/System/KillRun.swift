import Glibc
import TestSupport
import Threading

/// Rounds of ending and restarting one service on one journal.
final class KillRun {
    private let falconer: String
    private let report: Report
    private let workspace: Workspace
    private var ledger = ClientLedger()
    private var oracle = JournalOracle()
    private var service: ServiceProcess
    private var ids: [String] = []
    private var loads = 0
    private var lastSeen: UInt64 = 0
    /// Where a named consumer may go on: behind what is surely on disk, and not behind what it did not acknowledge.
    private var consumerNext: ClosedRange<UInt64> = 1...1

    private static let consumer = "kills"

    /// A segment is this small, so that a round sees some of them begin.
    private static let arguments = ["--segment-bytes", "200000"]
    /// How long a drain may take.
    private static let drainTimeMax = Duration.seconds(10)

    init(falconer: String, report: Report) throws {
        self.falconer = falconer
        self.report = report
        workspace = try Workspace()
        service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        try Subscription(to: workspace.socket).makeConsumer(Self.consumer)
    }

    /// Does rounds until one finds a violation.
    func rounds(_ kinds: [KillRound]) throws {
        for kind in kinds where !Interruption.isRequested && oracle.violations.isEmpty {
            try round(kind)
            report.round()
        }
        if oracle.violations.isEmpty, !Interruption.isRequested { checkOnceMore() }
        report.count("events", oracle.eventCount)
        report.count("acknowledged", ledger.acknowledged.count)
        report.violated(oracle.violations, in: workspace, ledger)
        service.kill()
    }

    private func round(_ kind: KillRound) throws {
        let tap = try EventTap(workspace.socket, after: lastSeen)
        let consumer = try EventTap(workspace.socket, consumer: Self.consumer)
        loads += 1
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "round\(loads)")
        load.time = .seconds(8)
        load.patience = .seconds(4)
        load.earlier = ids
        let process = service.process
        let resumedAt = Monitor<ContinuousClock.Instant?>(nil)
        let timer = WorkerThread(name: "timer") { kind.apply(to: process, resumedAt) }
        let outcome = load.run(into: &ledger)
        timer.join()
        for text in outcome.malformed { oracle.add("a 200 without its id: \(text)") }
        ids = Array((ids + outcome.exchanges.map(\.id)).suffix(2_000))
        let exit = process.waitForExit(within: Self.drainTimeMax)
        if Interruption.isRequested { return }
        if let resumed = resumedAt.withLock({ $0 }) {
            report.count("pauses")
            let goesOn = outcome.exchanges.contains { $0.status == 200 && ($0.answeredAt ?? resumed) > resumed }
            if !goesOn { oracle.add("nothing was stored in the second after SIGCONT") }
        }
        let log = service.log
        switch kind {
        case .terminate:
            report.count("drains")
            if exit != .code(0) { oracle.add("SIGTERM ended it as \(describe(exit)): \(log.suffix(300))") }
            if service.hasSocketFile { oracle.add("the socket's file is still there after SIGTERM") }
        case .kill, .pause:
            report.count("kills")
            if exit != .signal(SIGKILL) { oracle.add("it ended by itself, as \(describe(exit)): \(log.suffix(300))") }
        }
        let given = tap.toTheEnd()
        let consumed = consumer.toTheEnd()
        try restart()
        check(given)
        checkConsumer(consumed)
        if case .terminate = kind { checkDrain(outcome) }
    }

    private func restart() throws {
        service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        report.maximum("slowest_start_ms", Int(service.startTime / .milliseconds(1)))
        if !service.hasStarted || !service.waitUntilReady() {
            oracle.add("I6: it does not start again: \(service.log.suffix(500))")
        }
    }

    private func check(_ given: EventTap.Given) {
        oracle.read(journal: workspace.journal)
        oracle.compare(with: ledger)
        for line in given.lines {
            oracle.compare(seen: line)
            guard let id = line.withUnsafeBytes({ try? JournalLine($0).id }) else { continue }
            // (I5) Behind its last event, across every restart, it sees each later one once.
            if id != lastSeen + 1, given.gaps == 0 { oracle.add("I5: a subscriber was given \(id) after \(lastSeen)") }
            lastSeen = id
        }
    }

    /// (I5) A named consumer goes on at most one behind its last acknowledgement, and skips nothing.
    private func checkConsumer(_ given: EventTap.Given) {
        var last: UInt64?
        for line in given.lines {
            oracle.compare(seen: line)
            guard let id = line.withUnsafeBytes({ try? JournalLine($0).id }) else { continue }
            if let last {
                if id != last + 1, given.gaps == 0 { oracle.add("I5: a consumer was given \(id) after \(last)") }
            } else if !consumerNext.contains(id), given.gaps == 0 {
                oracle.add("I5: a consumer goes on at \(id), and may do so at \(consumerNext)")
            }
            last = id
        }
        let settled = max(given.settled + 1, consumerNext.lowerBound)
        consumerNext = settled...max(settled, given.acknowledged + 1, consumerNext.upperBound)
        report.count("consumed", given.lines.count)
    }

    /// What was stored while the service drained, its sender was told.
    private func checkDrain(_ outcome: LedgerLoad.Outcome) {
        for exchange in outcome.exchanges where exchange.status == nil {
            if oracle.contains(exchange.id), ledger.acknowledged[exchange.id] == nil {
                oracle.add("SIGTERM: \(exchange.id) was stored, and its sender got no answer")
            }
        }
    }

    /// At the end of a journal: all of it again, by a check that remembers nothing.
    private func checkOnceMore() {
        if service.stop() != .code(0) { oracle.add("it does not end after SIGTERM: \(service.log.suffix(300))") }
        var fresh = JournalOracle()
        fresh.read(journal: workspace.journal)
        fresh.compare(with: ledger)
        fresh.readWithJQ(journal: workspace.journal)
        for text in fresh.violations { oracle.add(text) }
    }
}

extension KillRound {
    /// Does it, and waits as long as that takes.
    fileprivate func apply(to process: ChildProcess, _ resumedAt: Monitor<ContinuousClock.Instant?>) {
        switch self {
        case .kill(let moment):
            rest(moment)
            process.signal(SIGKILL)
        case .terminate(let moment):
            rest(moment)
            process.signal(SIGTERM)
        case .pause(let moment, let length):
            rest(moment)
            process.signal(SIGSTOP)
            rest(length)
            resumedAt.withLock { $0 = .now }
            process.signal(SIGCONT)
            rest(.seconds(1))
            process.signal(SIGKILL)
        }
    }
}

/// How a process ended, for people.
func describe(_ exit: ChildProcess.Exit?) -> String {
    switch exit {
    case .code(let code): "exit code \(code)"
    case .signal(let number): "signal \(number)"
    case nil: "still running"
    }
}
