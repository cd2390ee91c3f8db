import EventStream
import FalQueue
import JSONText

extension Commands {
    /// Asks fal how far a request is, and for the lines of its run's log that fal has at the moment.
    func logs(_ entry: SubmissionEntry, _ reply: CommandReply) {
        guard let (inquirer, requestID, endpoint) = address(of: entry, reply) else { return }
        do throws(QueueError) {
            let answer = try inquirer.status(of: requestID, at: endpoint)
            let lines = answer.logs.map { line in
                var writer = JSONObjectWriter()
                writer.member("timestamp", line.timestamp)
                writer.member("level", line.level)
                writer.member("message", line.message)
                return writer.bytes
            }
            var writer = JSONObjectWriter()
            writer.member("submission", entry.id.text)
            writer.member("request_id", requestID)
            answer.status.write(to: &writer)
            writer.member("logs", array: lines)
            reply.finish(writer.bytes)
        } catch {
            refuse(error, reply)
        }
    }

    /// Whom to ask about a submission's request, and how; where there is nothing to ask, the client is told so.
    func address(of entry: SubmissionEntry, _ reply: CommandReply) -> (Inquirer, String, EndpointID)? {
        guard let inquirer else {
            reply.fail(code: "cannot_submit", message: noOutbox)
            return nil
        }
        let record = ledger.record(entry)
        guard let requestID = record.requestID, let endpoint = record.endpoint.flatMap({ try? EndpointID.parse($0) })
        else {
            reply.fail(code: "not_accepted", message: "\(entry.id) has no request at fal yet")
            return nil
        }
        return (inquirer, requestID, endpoint)
    }
}

extension QueueStatus {
    /// Writes what fal says, under the names that fal's own answer has.
    fileprivate func write(to writer: inout JSONObjectWriter) {
        switch self {
        case .inQueue(let position):
            writer.member("status", "IN_QUEUE")
            writer.member("queue_position", position)
        case .inProgress: writer.member("status", "IN_PROGRESS")
        case .completed(let run):
            writer.member("status", "COMPLETED")
            if let seconds = run.inferenceSeconds { writer.member("inference_time", json: "\(seconds)".utf8) }
            writer.member("error", run.error?.detail)
            writer.member("error_type", run.error?.type)
        case .unknown(let word): writer.member("status", word)
        }
    }
}
