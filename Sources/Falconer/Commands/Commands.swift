import EventStream
import JSONText
import Journal
import Logging
import Posix
import Threading

/// Carries out what clients ask for on the socket.
final class Commands: CommandHandler {
    let operations: Set = ["submit", "status", "result", "list", "cancel", "resend", "logs", "polling", "rejections"]

    let ledger: Ledger
    let outbox: Outbox?
    let noOutbox: String
    let logger: Logger
    /// Where the journal is read for a client.
    let reading = CommandThread(name: "commands")
    /// Where fal is asked.
    let asking = CommandThread(name: "ask fal")
    /// Where long stretches of the journal are searched.
    let searching = CommandThread(name: "search")
    let inquirer: Inquirer?
    let reconciler: Reconciler?
    /// The submissions with an idempotency key that are being recorded.
    let arrivals = Monitor(KeyedArrivals<Asked>())
    /// Where a submission's files may go; nil when nothing is downloaded.
    let downloads: DownloadConfiguration?
    /// What checks the inputs of models that are not built in; nil when nothing does.
    let models: ModelChecker?
    private let rejections: RejectionLog

    /// Wires the commands to the service.
    ///
    /// - Parameters:
    ///   - ledger: Where submissions are recorded and looked up.
    ///   - outbox: What sends; nil when the service cannot submit.
    ///   - noOutbox: Why it cannot, and what to do about it.
    ///   - inquirer: What asks fal; nil when the service has no key.
    ///   - reconciler: What follows submissions to their outcome; nil when the service has no key.
    ///   - downloads: Where a submission's files may go; nil when nothing is downloaded.
    ///   - models: What checks the inputs of models that are not built in; nil when nothing does.
    ///   - rejections: What the hook refused.
    ///   - logger: Where failures are told.
    init(
        ledger: Ledger,
        outbox: Outbox?,
        noOutbox: String,
        inquirer: Inquirer?,
        reconciler: Reconciler?,
        downloads: DownloadConfiguration?,
        models: ModelChecker?,
        rejections: RejectionLog,
        logger: Logger
    ) {
        self.inquirer = inquirer
        self.reconciler = reconciler
        self.downloads = downloads
        self.models = models
        self.ledger = ledger
        self.outbox = outbox
        self.noOutbox = noOutbox
        self.rejections = rejections
        self.logger = logger
    }

    /// Ends the threads; a command that waits has no answer.
    func stop() {
        models?.stop()
        inquirer?.stop()
        for thread in [reading, asking, searching] { thread.stop() }
    }

    func handle(op: String, line: [UInt8], peer: PeerCredentials, reply: CommandReply) {
        switch op {
        case "submit": submit(line, reply)
        case "status": reading.perform { [self] in status(line, reply) }
        case "result": reading.perform { [self] in result(line, reply) }
        case "cancel": cancel(line, reply)
        case "resend": reading.perform { [self] in resend(line, reply) }
        case "logs": withEntry(line, reply) { [self] entry in asking.perform { [self] in logs(entry, reply) } }
        case "polling": reportPolling(reply)
        case "list": reading.perform { [self] in list(line, reply) }
        default: listRejections(reply)
        }
    }

    private func listRejections(_ reply: CommandReply) {
        let summary = rejections.summary
        var counts = JSONObjectWriter()
        for (reason, count) in summary.counts.sorted(by: { $0.key < $1.key }) {
            counts.member(reason, Int(clamping: count))
        }
        var writer = JSONObjectWriter()
        writer.member("counts", json: counts.bytes)
        writer.member("unwritten", Int(clamping: summary.unwritten))
        writer.member("recent", array: summary.recent.map { Array($0.line.dropLast()) })
        reply.finish(writer.bytes)
    }
}
