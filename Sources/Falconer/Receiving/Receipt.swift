package import Crypto
package import Journal

/// What makes two deliveries the same: the request's id and the body's bytes.
package struct Receipt: Hashable, Sendable {
    /// The request's id in 16 bytes.
    package let request: EventKey
    /// The first 64 bits of the body's SHA-256.
    package let fingerprint: UInt64

    /// The receipt of a delivery.
    ///
    /// - Parameters:
    ///   - requestID: fal's id of the request.
    ///   - bodyDigest: The SHA-256 of the body, 32 bytes.
    package init(requestID: String, bodyDigest: SHA256Digest) {
        request = EventKey(hashing: requestID)
        fingerprint = bodyDigest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The receipt of a delivery that the journal holds; nil when the event carries no request id.
    package init?(_ event: EventSummary) {
        guard let request = event.request else { return nil }
        self.request = request
        fingerprint = event.fingerprint
    }
}
