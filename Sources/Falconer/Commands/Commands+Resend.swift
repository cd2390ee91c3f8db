import EventStream
import JSONText
import Journal
import Logging

extension Commands {
    /// Sends a submission again of which nobody knows whether fal has it, because a person has decided so.
    ///
    /// fal has no idempotency key: if it did take the first one, it runs twice and is paid for twice.
    func resend(_ line: [UInt8], _ reply: CommandReply) {
        guard let outbox else {
            reply.fail(code: "cannot_submit", message: noOutbox)
            return
        }
        withEntry(line, reply) { [self] entry in
            // Looked at again where nothing else is carried out, so that two such commands send it once.
            asking.perform { [self] in resend(entry.id, outbox, reply) }
        }
    }

    private func resend(_ id: SubmissionID, _ outbox: Outbox, _ reply: CommandReply) {
        guard let entry = ledger.withBook({ $0.entry(id) }) else { return }
        guard entry.state == .uncertain || entry.state == .lost else {
            reply.fail(
                code: "conflict",
                message: "\(id) is \(entry.state), and only what is uncertain or lost can be sent again"
            )
            return
        }
        guard ledger.sent(id) != nil else {
            reply.fail(code: "not_found", message: "the journal does not keep what was sent for \(id) any more")
            return
        }
        let data = SendOutcome.data(
            code: "resend",
            message: "sent again on request; if fal has the first one, it is paid for twice"
        )
        do {
            try ledger.record(.submissionWaiting, about: id, data: data)
        } catch {
            reply.fail(code: "storage", message: "that could not be put on disk, and it was not sent again: \(error)")
            return
        }
        logger.notice("sent again on request", metadata: ["submission": "\(id)", "was": "\(entry.state)"])
        var writer = JSONObjectWriter()
        writer.member("submission", id.text)
        let recorded = ledger.withBook { $0.entry(id) } ?? entry
        writer.member("id", "\(recorded.lastSequence)")
        writer.member("state", recorded.state.rawValue)
        reply.finish(writer.bytes)
        outbox.add(id)
    }
}
