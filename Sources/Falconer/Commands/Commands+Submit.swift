import EventStream
import FalQueue
import JSONText
import Journal
import Logging
import Threading

extension Commands {
    /// A client that wants something submitted.
    struct Asked: Sendable {
        let command: SubmitCommand
        let reply: CommandReply
    }

    /// Whether a submission is there because of this command, or was there before.
    enum Novelty: Sendable {
        /// The command has no idempotency key, so there was nothing to look for.
        case unkeyed
        case created
        case existing
    }

    /// Records a submission, or finds the one that has the same idempotency key, and answers.
    func submit(_ line: [UInt8], _ reply: CommandReply) {
        guard let outbox else {
            reply.fail(code: "cannot_submit", message: noOutbox)
            return
        }
        let asked: Asked
        do {
            asked = Asked(command: try SubmitCommand(line: line), reply: reply)
        } catch {
            reply.fail(code: error.code, message: error.message, details: error.details)
            return
        }
        if let folder = asked.command.download, downloads?.permits(folder) != true {
            reply.fail(
                code: "cannot_download",
                message: "this service puts no files into \(folder); "
                    + "start it with --allow-download and that folder, or one above it"
            )
            return
        }
        // What is there already is only told: its input was checked then, and its document may have changed since.
        let isKnown = asked.command.key.map { key in ledger.withBook { $0.entry(key.submission) } != nil } ?? false
        guard asked.command.needsDocument, !isKnown, let models else {
            record(asked, outbox)
            return
        }
        models.check(asked.command) { [self] checked in
            switch checked {
            case .success(let command): record(Asked(command: command, reply: reply), outbox)
            case .failure(let refusal):
                reply.fail(code: refusal.code, message: refusal.message, details: refusal.details)
            }
        }
    }

    private func record(_ asked: Asked, _ outbox: Outbox) {
        guard let key = asked.command.key else {
            ledger.create(asked.command) { [self] in answer($0, asked, .unkeyed, outbox) }
            return
        }
        submit(asked, as: key.submission, outbox)
    }

    private func submit(_ asked: Asked, as id: SubmissionID, _ outbox: Outbox) {
        let content = asked.command.content
        switch arrivals.withLock({ [content] in $0.arrive(id, content, asked) }) {
        case .waits: return
        case .conflict: refuseConflict(id, asked.reply)
        case .first:
            guard ledger.withBook({ $0.entry(id) }) == nil else {
                let waiters = arrivals.withLock { $0.finish(id) }
                for one in [asked] + waiters { answerExisting(id, one, outbox) }
                return
            }
            ledger.create(asked.command) { [self] result in
                // The book has it by now, or it is not there: whoever comes from here on finds out.
                let waiters = arrivals.withLock { $0.finish(id) }
                answer(result, asked, .created, outbox)
                for one in waiters { answer(result, one, .existing, outbox) }
            }
        }
    }

    /// Answers for a submission that was there before, if it asked for the same.
    private func answerExisting(_ id: SubmissionID, _ asked: Asked, _ outbox: Outbox) {
        reading.perform { [self] in
            guard let entry = ledger.withBook({ $0.entry(id) }) else { return }
            // Where its beginning is not kept any more there is nothing to compare with, and sending it again might pay
            // twice.
            if let known = ledger.line(entry.createdSequence).flatMap({ SubmissionContent($0) }),
                known != asked.command.content
            {
                refuseConflict(id, asked.reply)
            } else {
                answer(.success(entry), asked, .existing, outbox)
            }
        }
    }

    private func answer(
        _ result: Result<SubmissionEntry, Ledger.Failure>,
        _ asked: Asked,
        _ novelty: Novelty,
        _ outbox: Outbox
    ) {
        switch result {
        case .success(let entry):
            // The answer first: the client has its id before a byte goes to fal.
            asked.reply.finish(Self.answer(entry, asked.command, novelty))
            if novelty != .existing { outbox.add(entry.id) }
        case .failure(let failure):
            logger.error("submission not recorded", metadata: ["error": "\(failure)"])
            let holders = ledger.holders.isEmpty ? "" : " (\(ledger.holders.joined(separator: ", ")))"
            asked.reply.fail(
                code: "storage",
                message: "the submission could not be put on disk and was not sent: \(failure)\(holders)"
            )
        }
    }

    private static func answer(_ entry: SubmissionEntry, _ command: SubmitCommand, _ novelty: Novelty) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("submission", entry.id.text)
        writer.member("id", "\(entry.firstSequence)")
        writer.member("state", entry.state.rawValue)
        if novelty != .unkeyed { writer.member("existing", novelty == .existing) }
        if !command.warnings.isEmpty { writer.member("warnings", array: command.warnings.map(\.json)) }
        return writer.bytes
    }

    private func refuseConflict(_ id: SubmissionID, _ reply: CommandReply) {
        reply.fail(
            code: "conflict",
            message: "this idempotency key belongs to submission \(id), which has another endpoint or input; "
                + "take another key for another request"
        )
    }
}

extension SubmissionEntry {
    /// The sequence of the first event about it that the journal may still have.
    var firstSequence: UInt64 { createdSequence > 0 ? createdSequence : lastSequence }
}

extension SubmitCommand {
    /// What makes it the same as another one.
    var content: SubmissionContent { SubmissionContent(endpoint: endpoint.description, input: input) }
}
