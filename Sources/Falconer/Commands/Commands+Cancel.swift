import EventStream
import FalQueue
import JSONText
import Journal
import Logging
import Posix
import Threading

extension Commands {
    /// How long a submission that is on its way may take to arrive, before a cancellation gives up on it.
    static let settleTime: Duration = .seconds(5)
    /// How often is looked whether it has arrived.
    static let settleInterval: Duration = .milliseconds(20)

    /// What a cancellation came to.
    private enum Cancellation: String {
        /// It was never sent.
        case notSent = "not_sent"
        /// fal took it out of its queue.
        case cancelled
        /// fal told the run to stop; its end is still to come.
        case requested
        /// It had ended before.
        case alreadyCompleted = "already_completed"
        /// fal does not know it.
        case notFound = "not_found"

        init(_ outcome: CancelOutcome) {
            self =
                switch outcome {
                case .requested: .requested
                case .cancelled: .cancelled
                case .alreadyCompleted: .alreadyCompleted
                case .notFound: .notFound
                }
        }
    }

    /// Cancels a submission: without fal where it was not sent yet, through fal where it was.
    func cancel(_ line: [UInt8], _ reply: CommandReply) {
        withEntry(line, reply) { [self] entry in asking.perform { [self] in cancel(entry.id, reply) } }
    }

    private func cancel(_ id: SubmissionID, _ reply: CommandReply) {
        let deadline = ContinuousClock.now + Self.settleTime
        while let entry = ledger.withBook({ $0.entry(id) }) {
            switch entry.state {
            case let state where !state.isOpen: return finish(.alreadyCompleted, id, reply)
            case .created where outbox?.withdraw(id) ?? true, .waiting where outbox?.withdraw(id) ?? true:
                return withdraw(id, reply)
            case .uncertain where entry.request == nil:
                reply.fail(
                    code: "uncertain",
                    message: "it is not known whether fal has \(id), so there is nothing that could be cancelled"
                )
                return
            case .created, .waiting, .sending: break
            default: return cancelAtFal(entry, reply)
            }
            guard ContinuousClock.now < deadline, reply.isOpen else { break }
            Monitor(()).wait(atMost: Self.settleInterval, until: { _ in false }, { _, _ in })
        }
        reply.fail(code: "busy", message: "\(id) is just being sent; try again in a moment")
    }

    private func withdraw(_ id: SubmissionID, _ reply: CommandReply) {
        let data = SendOutcome.data(code: "not_sent", message: "cancelled before it was sent")
        do {
            try ledger.record(.submissionCancelled, about: id, data: data)
            finish(.notSent, id, reply)
        } catch {
            outbox?.add(id)
            reply.fail(code: "storage", message: "the cancellation could not be put on disk: \(error)")
        }
    }

    private func cancelAtFal(_ entry: SubmissionEntry, _ reply: CommandReply) {
        guard let (inquirer, requestID, endpoint) = address(of: entry, reply) else { return }
        let outcome: Cancellation
        do throws(QueueError) {
            outcome = Cancellation(try inquirer.cancel(requestID, at: endpoint))
        } catch {
            refuse(error, reply)
            return
        }
        logger.info(
            "cancellation",
            metadata: ["submission": "\(entry.id)", "request_id": "\(requestID)", "answer": "\(outcome.rawValue)"]
        )
        do {
            switch outcome {
            case .cancelled:
                let data = SendOutcome.data(code: "cancelled", message: "fal took it out of its queue")
                try ledger.record(.submissionCancelled, about: entry.id, requestID: requestID, data: data)
            case .requested:
                let data = SendOutcome.data(code: "requested", message: "fal has told the run to stop")
                try ledger.record(.submissionCancelling, about: entry.id, requestID: requestID, data: data)
            case .notSent, .alreadyCompleted, .notFound: break
            }
            finish(outcome, entry.id, reply)
        } catch {
            let did = outcome == .cancelled ? "cancelled it" : "told the run to stop"
            reply.fail(code: "storage", message: "fal \(did), and that could not be put on disk: \(error)")
        }
    }

    /// Says why fal has no answer.
    func refuse(_ error: QueueError, _ reply: CommandReply) {
        switch error {
        case .keyRefused: reply.fail(code: "key_refused", message: "\(error)")
        case .notFound: reply.fail(code: "not_found", message: "\(error)")
        default: reply.fail(code: "fal_unreachable", message: "\(error); ask again")
        }
    }

    private func finish(_ outcome: Cancellation, _ id: SubmissionID, _ reply: CommandReply) {
        var writer = JSONObjectWriter()
        writer.member("submission", id.text)
        writer.member("answer", outcome.rawValue)
        writer.member("state", ledger.withBook { $0.entry(id)?.state.rawValue })
        reply.finish(writer.bytes)
    }
}
