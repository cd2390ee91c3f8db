package import Crypto

/// A request's id as the ledger keeps it: 16 bytes, whatever its length.
package struct RequestKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// The first 128 bits of the id's SHA-256.
    package init(_ requestID: String) {
        let digest = SHA256.digest(Array(requestID.utf8).span).bytes
        high = bigEndian(digest[0..<8])
        low = bigEndian(digest[8..<16])
    }
}

/// What makes two deliveries the same: the request's id and the body's bytes.
package struct Receipt: Hashable, Sendable {
    /// The request.
    package let request: RequestKey
    /// The first 64 bits of the body's SHA-256.
    package let fingerprint: UInt64

    /// The receipt of a delivery.
    ///
    /// - Parameters:
    ///   - requestID: fal's id of the request.
    ///   - bodyDigest: The SHA-256 of the body, 32 bytes.
    package init(requestID: String, bodyDigest: SHA256Digest) {
        request = RequestKey(requestID)
        fingerprint = bigEndian(bodyDigest.bytes[0..<8])
    }
}

private func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
