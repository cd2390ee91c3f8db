import FoundationEssentials
import Glibc
import Posix
import TestSupport

/// One limit that is reached, and lifted again.
final class LimitRound {
    /// Which limit.
    enum Kind: String, Sendable {
        /// The bytes of the file system.
        case space
        /// The names of the file system: no new segment can be made.
        case names
        /// The bytes of a file.
        case fileSize
        /// The descriptors of the process.
        case descriptors
    }

    private let falconer: String
    private let report: Report
    private let workspace: Workspace
    private var ledger = ClientLedger()
    private var oracle = JournalOracle()
    private var loads = 0

    init(falconer: String, report: Report) throws {
        self.falconer = falconer
        self.report = report
        workspace = try Workspace()
    }

    /// Does the round.
    func run(_ kind: Kind) throws {
        let log: String
        switch kind {
        case .space: log = try fillSpace()
        case .names: log = try fillNames()
        case .fileSize: log = try limitFileSize()
        case .descriptors: log = try limitDescriptors()
        }
        report.round()
        report.count(kind.rawValue)
        report.violated(
            oracle.violations.map { "\(kind.rawValue): \($0)" },
            in: workspace,
            ledger,
            log: log
        )
    }

    // MARK: - The rounds

    private func fillSpace() throws -> String {
        let disk = try MemoryDisk(on: workspace.data, bytes: 8 << 20)
        let service = try start()
        disk.fill(bytes: Int.random(in: (5 << 20)...(8 << 20)))
        let outcome = deliver(to: service, count: 300) { $0 % 3 == 0 ? 60_000 : $0 % 7 == 0 ? 300_000 : 700 }
        report.count("refused", outcome.count(503))
        if outcome.count(503) == 0 { oracle.add("the disk was filled, and nobody was told 503") }
        mustOnlySay(outcome, [200, 503])
        expectReadable(service)
        disk.makeRoom()
        expectStored(service, "there is room again")
        return checkAfterRestart(service)
    }

    private func fillNames() throws -> String {
        let disk = try MemoryDisk(on: workspace.data, bytes: 32 << 20, inodes: 200)
        let service = try start(["--segment-bytes", "8192"])
        mustOnlySay(deliver(to: service, count: Int.random(in: 0...40)), [200])
        disk.fillNames()
        // The present segment goes on: its size is a matter of taste.
        let outcome = deliver(to: service, count: 100)
        mustOnlySay(outcome, [200, 503])
        if outcome.count(200) == 0 {
            oracle.add("without names for new segments, nothing is stored in the present one")
        }
        expectReadable(service)
        disk.makeRoom()
        expectStored(service, "there are names again")
        mustOnlySay(deliver(to: service, count: 40), [200])
        return checkAfterRestart(service)
    }

    private func limitFileSize() throws -> String {
        let bytes = Int.random(in: 20_000...300_000)
        let service = try start(wrapper: ["/usr/bin/prlimit", "--fsize=\(bytes)"])
        let outcome = deliver(to: service, count: 200) { $0 % 5 == 0 ? $0 * 7_919 % 40_000 : 0 }
        report.count("refused", outcome.count(503))
        mustOnlySay(outcome, [200, 503])
        if outcome.count(200) == 0 { oracle.add("files may have \(bytes) bytes, and nothing is stored") }
        expectReadable(service)
        // A new segment has room.
        expectStored(service, "a file may have \(bytes) bytes")
        return checkAfterRestart(service)
    }

    private func limitDescriptors() throws -> String {
        let service = try start(["--segment-bytes", "8192"], wrapper: ["/usr/bin/prlimit", "--nofile=40"])
        var idle: [RawConnection] = []
        var subscribers: [Subscription] = []
        // Some leave a few descriptors, which the hook and the journal then both want.
        for number in 0..<Int.random(in: 6...60) {
            if number % 6 == 0, let subscriber = try? Subscription(to: workspace.socket) {
                subscribers.append(subscriber)
            }
            if let connection = try? RawConnection(to: service.address, deadline: .seconds(1)) {
                idle.append(connection)
            }
        }
        let outcome = deliver(to: service, count: 60, reconnections: 100)
        mustOnlySay(outcome, [200, 503])
        report.count("closed", outcome.exchanges.count { $0.status == nil })
        idle = []
        subscribers = []
        expectStored(service, "the idle connections are closed")
        mustOnlySay(deliver(to: service, count: 60), [200])
        return checkAfterRestart(service)
    }

    // MARK: - What they share

    private func start(_ arguments: [String] = [], wrapper: [String] = []) throws -> ServiceProcess {
        let service = try ServiceProcess(falconer, in: workspace, arguments, wrapper: .init(words: wrapper))
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        return service
    }

    private func deliver(
        to service: ServiceProcess,
        count: Int,
        reconnections: Int = 0,
        padding: @escaping @Sendable (Int) -> Int = { _ in 0 }
    ) -> LedgerLoad.Outcome {
        loads += 1
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "load\(loads)")
        load.countMax = count
        load.time = .seconds(15)
        load.patience = .seconds(10)
        load.reconnectionsMax = reconnections
        load.padding = padding
        let outcome = load.run(into: &ledger)
        for text in outcome.malformed { oracle.add(text) }
        if outcome.overdue > 0 { oracle.add("\(outcome.overdue) deliveries have no answer after 10 s") }
        return outcome
    }

    private func mustOnlySay(_ outcome: LedgerLoad.Outcome, _ statuses: Set<Int>) {
        let others = outcome.exchanges.compactMap(\.status).filter { !statuses.contains($0) }
        if let first = others.first { oracle.add("\(others.count) deliveries got \(first), not one of \(statuses)") }
    }

    /// A delivery is stored again, at once or after a moment, by the process that could not.
    private func expectStored(_ service: ServiceProcess, _ why: String) {
        let isStored = waits(atMost: .seconds(8)) {
            service.process.waitForExit(within: .zero) != nil || deliver(to: service, count: 1).count(200) == 1
        }
        if let exit = service.process.waitForExit(within: .zero) {
            oracle.add("it ended, \(describe(exit)), although \(why)")
        } else if !isStored {
            oracle.add("nothing is stored, although \(why)")
        }
    }

    /// Subscribers are served whatever the disk says.
    private func expectReadable(_ service: ServiceProcess) {
        let expected = ledger.acknowledged.count
        guard let subscriber = try? Subscription(to: workspace.socket) else {
            oracle.add("the socket does not answer")
            return
        }
        let given = subscriber.eventsUntilNow()
        if given < expected { oracle.add("\(expected) events got a 200, and a subscriber is given \(given)") }
    }

    private func checkAfterRestart(_ service: ServiceProcess) -> String {
        service.kill()
        let log = service.log
        if let again = try? ServiceProcess(falconer, in: workspace), again.hasStarted {
            report.maximum("slowest_start_ms", Int(again.startTime / .milliseconds(1)))
            oracle.read(journal: workspace.journal)
            oracle.compare(with: ledger)
            again.kill()
        } else {
            oracle.add("I6: it does not start again")
        }
        report.count("acknowledged", ledger.acknowledged.count)
        if !oracle.violations.isEmpty { workspace.keepCopy(named: "data-copy") }
        return log
    }
}
