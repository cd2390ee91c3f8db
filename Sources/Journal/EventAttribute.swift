/// The attributes of an event that are strings, in the order in which a line holds them.
///
/// `specversion` and `id` come before them in every line, `data` after them. Names are those of CloudEvents 1.0 and
/// extensions of it, lower-case letters and digits only
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#attribute-naming-convention).
package enum EventAttribute: Int, CaseIterable, Sendable {
    /// The journal the event belongs to, `urn:uuid:…`.
    case source
    /// What happened.
    case type
    /// The id of fal's request.
    case subject
    /// When it was recorded.
    case time
    /// Our own id of the submission.
    case submission
    /// The fal endpoint.
    case endpoint
    /// From where it became known.
    case origin
    /// The account that the delivery was signed for.
    case falUserID
    /// The signed timestamp.
    case falTimestamp
    /// The signature.
    case falSignature
    /// The tag that the submitter gave.
    case tag

    /// The name in the line.
    package var name: StaticString {
        switch self {
        case .source: "source"
        case .type: "type"
        case .subject: "subject"
        case .time: "time"
        case .submission: "submission"
        case .endpoint: "endpoint"
        case .origin: "origin"
        case .falUserID: "faluserid"
        case .falTimestamp: "faltimestamp"
        case .falSignature: "falsignature"
        case .tag: "tag"
        }
    }
}
