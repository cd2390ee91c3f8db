import TestSupport

/// A disk that takes seconds for one sync, and what clients are told meanwhile.
struct SlowDisk: Sendable {
    /// How long the sync takes.
    let delay: Duration

    /// fal gives an attempt up after about this long.
    static let answerTimeMax = Duration.seconds(15)

    /// Does it.
    func run(_ falconer: String, _ report: Report) throws {
        let workspace = try Workspace()
        var ledger = ClientLedger()
        var service = try ServiceProcess(falconer, in: workspace)
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        let seconds = Int(delay / .seconds(1))
        let arguments = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_exit=\(seconds)s:when=5"]
        let tracer = try Tracer(of: service.process.processID, in: workspace, arguments)
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "a")
        load.connections = 24
        load.time = delay + .seconds(2)
        let outcome = load.run(into: &ledger)
        var found = outcome.malformed
        report.maximum("slowest_answer_ms", Int(outcome.slowest / .milliseconds(1)))
        if outcome.slowest < .seconds(5) { found.append("the disk was not slow: the harness does not see") }
        if outcome.slowest > Self.answerTimeMax {
            found.append("an answer took \(outcome.slowest), and fal gives up after \(Self.answerTimeMax)")
        }
        if outcome.count(503) == 0 { found.append("nobody was told 503 while the disk took \(delay)") }
        let unanswered = outcome.exchanges.count { $0.status == nil }
        if unanswered > 0 { found.append("\(unanswered) got no answer at all") }
        if service.health() != 200 { found.append("it is not healthy again after the disk came back") }
        let log = service.log
        service.kill()
        _ = tracer
        service = try ServiceProcess(falconer, in: workspace)
        var oracle = JournalOracle()
        oracle.read(journal: workspace.journal)
        oracle.compare(with: ledger)
        service.kill()
        report.round()
        report.violated(
            (found + oracle.violations).map { "a sync of \(delay): \($0)" },
            in: workspace,
            ledger,
            log: log
        )
    }
}
