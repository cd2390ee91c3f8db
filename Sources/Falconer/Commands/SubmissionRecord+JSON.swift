import JSONText
import Posix

extension SubmissionRecord {
    /// The record as an object of a reply.
    var json: [UInt8] { members.bytes }

    /// The record as an object of a reply that more can be added to.
    var members: JSONObjectWriter {
        var writer = JSONObjectWriter()
        writer.member("submission", id.text)
        writer.member("endpoint", endpoint)
        writer.member("state", state.rawValue)
        writer.member("request_id", requestID)
        writer.member("tag", tag)
        writer.member("sent", Int(entry.sendCount))
        writer.member("created", createdAt?.rfc3339)
        writer.member("updated", updatedAt?.rfc3339)
        writer.member("first", "\(entry.firstSequence)")
        writer.member("id", "\(entry.lastSequence)")
        writer.member("why", why)
        if isPruned { writer.member("pruned", true) }
        return writer
    }
}
