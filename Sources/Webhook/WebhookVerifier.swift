package import Crypto
import JSONText

/// A delivery that fal signed just now, for an account of ours, with a body that is a webhook's.
package struct VerifiedDelivery: Equatable, Sendable {
    /// fal's id of the request, the same in header and body.
    package let requestID: String

    /// The account that submitted it.
    package let accountID: String

    /// When it was signed, in seconds since 1970, as it was sent.
    package let timestamp: String

    /// The signature as it was sent.
    package let signatureHex: String

    /// The SHA-256 of the body; with the request id it tells a duplicate from a second outcome.
    package let bodyDigest: SHA256Digest

    /// What the body says.
    package let body: WebhookBody
}

/// Decides on one delivery; it has no state and does no input or output.
package enum WebhookVerifier {
    /// How many seconds a timestamp may differ from now, on either side and inclusive.
    ///
    /// Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks
    package static let timestampToleranceSeconds = 300

    /// Verifies a delivery: headers, signature over the raw bytes, time, account, and only then the body.
    ///
    /// - Parameters:
    ///   - headers: The four headers.
    ///   - body: The body as it came.
    ///   - now: The time since 1970; parts of a second do not count.
    ///   - keySet: fal's keys, `nil` if there are none yet.
    ///   - accounts: Whose deliveries are ours.
    /// - Returns: What was verified.
    /// - Throws: ``WebhookRejection``. `signatureInvalid` may be a new key's: see ``KeySetCache/noKeyMatched(now:)``.
    package static func verify(
        headers: WebhookHeaders,
        body: Span<UInt8>,
        now: Duration,
        keySet: KeySet?,
        accounts: AccountPolicy
    ) throws(WebhookRejection) -> VerifiedDelivery {
        // Without keys nothing can be said, and a retry is wanted: 503, never 401.
        guard let keySet else { throw WebhookRejection(.keySetMissing) }
        let digest = SHA256.digest(body)
        let message = headers.signedMessage(bodyDigest: digest)
        guard keySet.isValidSignature(headers.signature.span, for: message.span) else {
            throw WebhookRejection(.signatureInvalid)
        }
        let isOurs = accounts.accepts(headers.userID)
        let difference = Int(now.components.seconds) - headers.timestampSeconds
        guard abs(difference) <= timestampToleranceSeconds else {
            let hint = WebhookRejection.Hint(requestID: headers.requestID, accountID: headers.userID)
            throw WebhookRejection(.timestampOutOfWindow, header: .timestamp, hint: isOurs ? hint : nil)
        }
        guard isOurs else { throw WebhookRejection(.accountUnknown, header: .userID) }
        let parsed = try WebhookBody(parsing: body)
        guard parsed.requestID.hasSameBytes(as: headers.requestID) else {
            throw WebhookRejection(.requestIDMismatch, header: .requestID)
        }
        return VerifiedDelivery(
            requestID: headers.requestID,
            accountID: headers.userID,
            timestamp: headers.timestamp,
            signatureHex: headers.signatureHex,
            bodyDigest: digest,
            body: parsed
        )
    }
}
