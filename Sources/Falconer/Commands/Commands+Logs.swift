import EventStream
import FalQueue
import JSONText

extension Commands {
    /// Asks fal for the lines of a run's log that it has at the moment.
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
