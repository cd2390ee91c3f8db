import JSONText
import Posix

extension SubmissionRecord {
    /// The record as an object of a reply; the token stays here.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("submission", id.text)
        writer.member("endpoint", endpoint)
        writer.member("state", state.rawValue)
        writer.member("request_id", requestID)
        writer.member("tag", tag)
        writer.member("sent", sendCount)
        writer.member("created", createdAt.rfc3339)
        writer.member("updated", updatedAt.rfc3339)
        writer.member("id", "\(lastSequence)")
        return writer.bytes
    }
}
