import EventStream
import JSONText
import Journal
import Logging
import Posix

/// Carries out what clients ask for on the socket.
final class Commands: CommandHandler {
    /// The most records one `list` gives; the newest of them.
    static let listMax = 1_000
    /// The records that are taken from the book at once, so that nobody waits for it.
    static let pageMax = 256

    let operations: Set<String> = ["submit", "status", "list", "rejections"]

    private let ledger: Ledger
    private let outbox: Outbox?
    private let noOutbox: String
    private let rejections: RejectionLog
    private let logger: Logger

    /// Wires the commands to the service.
    ///
    /// - Parameters:
    ///   - ledger: Where submissions are recorded and looked up.
    ///   - outbox: What sends; nil when the service cannot submit.
    ///   - noOutbox: Why it cannot, and what to do about it.
    ///   - rejections: What the hook refused.
    ///   - logger: Where failures are told.
    init(ledger: Ledger, outbox: Outbox?, noOutbox: String, rejections: RejectionLog, logger: Logger) {
        self.ledger = ledger
        self.outbox = outbox
        self.noOutbox = noOutbox
        self.rejections = rejections
        self.logger = logger
    }

    func handle(op: String, line: [UInt8], peer: PeerCredentials, reply: CommandReply) {
        switch op {
        case "submit": submit(line, reply)
        case "status": status(line, reply)
        case "list": list(line, reply)
        default: listRejections(reply)
        }
    }

    private func submit(_ line: [UInt8], _ reply: CommandReply) {
        guard let outbox else {
            reply.fail(code: "cannot_submit", message: noOutbox)
            return
        }
        let command: SubmitCommand
        do {
            command = try SubmitCommand(line: line)
        } catch {
            reply.fail(code: error.code, message: error.message, details: error.details)
            return
        }
        ledger.create(command) { [logger, ledger] result in
            switch result {
            case .success(let entry):
                // The answer first: the client has its id before a byte goes to fal.
                var writer = JSONObjectWriter()
                writer.member("submission", entry.id.text)
                writer.member("id", "\(entry.createdSequence)")
                writer.member("state", entry.state.rawValue)
                if !command.warnings.isEmpty { writer.member("warnings", array: command.warnings.map(\.json)) }
                reply.finish(writer.bytes)
                outbox.add(entry.id)
            case .failure(let failure):
                logger.error("submission not recorded", metadata: ["error": "\(failure)"])
                let holders = ledger.holders.isEmpty ? "" : " (\(ledger.holders.joined(separator: ", ")))"
                reply.fail(
                    code: "storage",
                    message: "the submission could not be put on disk and was not sent: \(failure)\(holders)"
                )
            }
        }
    }

    private func status(_ line: [UInt8], _ reply: CommandReply) {
        guard let wanted = Self.string("submission", line) else {
            reply.fail(code: "bad_request", message: "\"submission\" is missing; give a submission id or a request id")
            return
        }
        let request = EventKey(hashing: wanted)
        let entry = ledger.withBook { book in
            if let id = SubmissionID(wanted), let entry = book.entry(id) { return Optional(entry) }
            return book.entry(request: request)
        }
        guard let entry else {
            reply.fail(
                code: "not_found",
                message: "there is no submission or request \(wanted); 'falconer list' shows all"
            )
            return
        }
        reply.finish(ledger.record(entry).json)
    }

    private func list(_ line: [UInt8], _ reply: CommandReply) {
        let wanted = Self.string("state", line)
        guard wanted.map({ SubmissionState(rawValue: $0) != nil }) ?? true else {
            let known = SubmissionState.allCases.map(\.rawValue).joined(separator: ", ")
            reply.fail(code: "bad_request", message: "\"state\" must be one of \(known)")
            return
        }
        let state = wanted.flatMap { SubmissionState(rawValue: $0) }
        var records: [[UInt8]] = []
        var place: Int?
        repeat {
            let limit = min(Self.pageMax, Self.listMax - records.count)
            let page = ledger.withBook { [place] in $0.page(before: place, in: state, limit: limit) }
            records += page.entries.map { ledger.record($0).json }
            place = page.next
        } while place != nil && records.count < Self.listMax
        var writer = JSONObjectWriter()
        writer.member("submissions", array: records.reversed())
        reply.finish(writer.bytes)
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

    private static func string(_ name: String, _ line: [UInt8]) -> String? {
        guard let members = try? JSONText.members(of: line.span), let slice = members.value(of: name) else {
            return nil
        }
        return try? JSONText.string(slice, in: line.span)
    }
}
