package import Posix

/// An event that has no place in the journal yet.
package struct EventDraft: Equatable, Sendable {
    /// What happened.
    package var type: EventType
    /// When it was recorded.
    package var time: WallTime
    /// The id of fal's request, where it is known.
    package var subject: String?
    /// Our own id of the submission, where it is known.
    package var submission: String?
    /// The fal endpoint.
    package var endpoint: String?
    /// From where it became known.
    package var origin: EventOrigin?
    /// The header `X-Fal-Webhook-User-Id` of a delivery.
    package var falUserID: String?
    /// The header `X-Fal-Webhook-Timestamp` of a delivery.
    package var falTimestamp: String?
    /// The header `X-Fal-Webhook-Signature` of a delivery.
    package var falSignature: String?
    /// The tag that the submitter gave.
    package var tag: String?
    /// What the event carries.
    package var data: EventData?

    /// An event with no attributes but those that each has.
    package init(type: EventType, time: WallTime, data: EventData? = nil) {
        self.type = type
        self.time = time
        self.data = data
    }

    /// The value of an attribute as the line shows it; `nil` when it is left out, and for `source`.
    package subscript(attribute: EventAttribute) -> String? {
        switch attribute {
        case .source: nil
        case .type: type.rawValue
        case .subject: subject
        case .time: time.rfc3339
        case .submission: submission
        case .endpoint: endpoint
        case .origin: origin?.rawValue
        case .falUserID: falUserID
        case .falTimestamp: falTimestamp
        case .falSignature: falSignature
        case .tag: tag
        }
    }
}
