import Journal
import Posix
import Webhook

/// A verified delivery on its way into the journal.
struct Arrival: Sendable {
    let delivery: VerifiedDelivery
    let body: [UInt8]
    let token: HookToken?

    /// What makes it the same as another.
    var receipt: Receipt {
        Receipt(requestID: delivery.requestID, bodyDigest: delivery.bodyDigest)
    }

    /// The event it becomes.
    ///
    /// - Parameters:
    ///   - record: The submission it belongs to, if it is known.
    ///   - isConflict: Whether its request has a different outcome already.
    /// - Returns: What to append, and what the book of submissions learns once it is durable.
    func event(record: SubmissionRecord?, isConflict: Bool) -> (EventDraft, SubmissionFact) {
        let now = WallTime.now
        let type: EventType =
            if isConflict {
                .requestConflict
            } else if delivery.body.status == .ok {
                .requestSucceeded
            } else {
                .requestFailed
            }
        // The verification has read the body as one JSON text already.
        let data = EventData(validated: body, isSingleLine: delivery.body.isSingleLine)
        var draft = EventDraft(type: type, time: now, data: data)
        draft.subject = delivery.requestID
        draft.submission = record?.id.text
        draft.endpoint = record?.endpoint
        draft.origin = .webhook
        draft.falUserID = delivery.accountID
        draft.falTimestamp = delivery.timestamp
        draft.falSignature = delivery.signatureHex
        draft.tag = record?.tag
        let fact = SubmissionFact(
            sequence: 0,
            time: now,
            type: type,
            submission: record?.id,
            requestID: delivery.requestID
        )
        return (draft, fact)
    }
}
