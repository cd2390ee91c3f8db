package import Journal
import Posix
package import Webhook

/// A verified delivery on its way into the journal.
///
/// An object, because it goes through several closures, and each copy of its ten strings and arrays is ten counts.
package final class Arrival: Sendable {
    let delivery: VerifiedDelivery
    let body: [UInt8]
    let token: HookToken?

    /// What makes it the same as another.
    package let receipt: Receipt

    /// A delivery with the bytes that were verified, and the token it came with.
    package init(delivery: VerifiedDelivery, body: [UInt8], token: HookToken?) {
        self.delivery = delivery
        self.body = body
        self.token = token
        receipt = Receipt(requestID: delivery.requestID, bodyDigest: delivery.bodyDigest)
    }

    /// The event it becomes.
    ///
    /// - Parameters:
    ///   - submission: The submission it belongs to, if it is known.
    ///   - details: What is known of that.
    ///   - isConflict: Whether its request has a different outcome already.
    /// - Returns: What to append.
    package func event(
        _ submission: SubmissionID?,
        _ details: SubmissionDetails?,
        isConflict: Bool
    ) -> EventDraft {
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
        draft.submission = submission?.text
        draft.endpoint = details?.endpoint
        draft.origin = .webhook
        draft.falUserID = delivery.accountID
        draft.falTimestamp = delivery.timestamp
        draft.falSignature = delivery.signatureHex
        draft.tag = details?.tag
        return draft
    }
}
