import Glibc
import TestSupport
import Threading

/// One journal, its service, and consumers of every kind.
final class StreamRun {
    private let falconer: String
    private let seed: UInt64
    private let events: Int
    private let rounds: Int
    private let report: Report
    private let workspace: Workspace
    private let plans = StreamPlan.all
    private let ledgers: [Monitor<ConsumerLedger>]
    private let phase = Monitor(StreamMember.Phase.unruly)
    private let lines = Monitor<[[UInt8]]>([])
    private var random: SplitMix
    private var service: ServiceProcess
    private var ledger = ClientLedger()
    private var ids: [String] = []
    private var loads = 0
    private var found: [String] = []

    private static let arguments = ["--segment-bytes", "1000000"]
    /// How long consumers that behave may take for what is left.
    private static let calmTimeMax = Duration.seconds(180)

    init(falconer: String, seed: UInt64, events: Int, rounds: Int, report: Report) throws {
        self.falconer = falconer
        self.seed = seed
        self.events = events
        self.rounds = rounds
        self.report = report
        random = SplitMix(seed: seed)
        ledgers = plans.map { Monitor(ConsumerLedger($0.name, $0.mode, deliveriesMax: $0.deliveriesMax)) }
        workspace = try Workspace()
        service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
    }

    /// Does all of it.
    func toTheEnd() throws {
        let members = startMembers()
        defer {
            phase.withLock { $0 = .over }
            for member in members { member.join() }
        }
        for round in 0..<rounds where !Interruption.isRequested {
            try self.round(round)
            report.round()
            report.progress("round \(report.rounds), \(ledger.acknowledged.count) deliveries acknowledged")
        }
        // What is left is taken while the service goes away twice more.
        for _ in 0..<2 { try end(after: .milliseconds(Int.random(in: 100...1_500, using: &random))) }
        phase.withLock { $0 = .calm }
        let isOver = waits(atMost: Self.calmTimeMax) {
            rest(.milliseconds(100))
            return hasSettled()
        }
        if !isOver { found.append("the consumers do not finish: \(StreamCommands(workspace.socket).text)") }
        let last = StreamCommands(workspace.socket).last
        let parked = plans.map { $0.mode == .plain ? [] : StreamCommands(workspace.socket).parked(in: $0.name) }
        phase.withLock { $0 = .over }
        for member in members { member.join() }
        finish(last: last, parked: parked)
    }

    private func startMembers() -> [WorkerThread] {
        zip(plans, ledgers).flatMap { plan, ledger in
            (1...plan.members).map { number in
                let lines = plan.name == "plain" ? lines : nil
                return StreamMember.start(
                    plan,
                    number: number,
                    seed: random.next(),
                    socket: workspace.socket,
                    ledger: ledger,
                    phase: phase
                ) { line in lines?.withLock { $0.append(line) } }
            }
        }
    }

    /// Delivers a part, and ends the service in the middle of it, or right after if that comes first.
    private func round(_ number: Int) throws {
        let moment = Duration.milliseconds(Int.random(in: 50...1_500, using: &random))
        let process = service.process
        let isDrained = number % 4 == 3
        let timer = WorkerThread(name: "timer") {
            rest(moment)
            process.signal(isDrained ? SIGTERM : SIGKILL)
        }
        let wanted = events * (number + 1) / rounds
        deliver(until: wanted)
        timer.join()
        let exit = process.waitForExit(within: .seconds(20))
        if isDrained, exit != .code(0) { found.append("SIGTERM ended it as \(describe(exit))") }
        if !isDrained, exit != .signal(SIGKILL) { found.append("it ended by itself, as \(describe(exit))") }
        report.count(isDrained ? "drains" : "kills")
        try restart()
        for _ in 0..<10 where ledger.acknowledged.count < wanted && !Interruption.isRequested { deliver(until: wanted) }
    }

    private func end(after moment: Duration) throws {
        rest(moment)
        service.kill()
        report.count("kills")
        try restart()
    }

    private func restart() throws {
        service = try ServiceProcess(falconer, in: workspace, Self.arguments)
        report.maximum("slowest_start_ms", Int(service.startTime / .milliseconds(1)))
        guard service.hasStarted, service.waitUntilReady() else {
            throw HarnessFailure("it does not start again: \(service.log.suffix(500))")
        }
    }

    /// Delivers until so many are acknowledged, if the service lasts so long.
    private func deliver(until wanted: Int) {
        loads += 1
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "part\(loads)")
        load.time = .seconds(20)
        load.patience = .seconds(4)
        // A fifth of them are repeated ones.
        load.countMax = (wanted - ledger.acknowledged.count) * 5 / 4 + 8
        load.earlier = ids
        let outcome = load.run(into: &ledger)
        ids = Array((ids + outcome.exchanges.map(\.id)).suffix(2_000))
    }

    private func hasSettled() -> Bool {
        let commands = StreamCommands(workspace.socket)
        let isCurrent = zip(plans, ledgers).allSatisfy { plan, ledger in
            plan.mode != .plain || ledger.withLock { $0.next } == commands.last + 1
        }
        return isCurrent && commands.consumers.count == plans.count { $0.mode != .plain }
            && commands.consumers.allSatisfy { $0.lagEvents + $0.inFlight + $0.waiting == 0 }
    }

    private func finish(last: UInt64, parked: [Set<UInt64>]) {
        if service.stop() != .code(0) { found.append("it does not end after SIGTERM: \(service.log.suffix(300))") }
        var oracle = JournalOracle()
        oracle.read(journal: workspace.journal)
        oracle.compare(with: ledger)
        for line in lines.withLock({ $0 }) { oracle.compare(seen: line) }
        report.count("events", Int(last))
        report.count("acknowledged", ledger.acknowledged.count)
        report.count("consumers", plans.count)
        for (ledger, parked) in zip(ledgers, parked) {
            ledger.withLock { ledger in
                ledger.finish(last: last, parked: parked)
                found += ledger.violations
                report.count("given", ledger.deliveries)
                report.count("given_again", ledger.repeats)
                report.count("connection_attempts", ledger.connections)
                report.count("durable_acknowledgements", ledger.durable)
                report.count("parked", parked.count)
                report.maximum("most_deliveries", ledger.mostDeliveries)
            }
        }
        report.violated(found + oracle.violations, in: workspace, ledger, log: service.log)
    }
}
