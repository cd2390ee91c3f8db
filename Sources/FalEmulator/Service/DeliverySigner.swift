internal import Crypto
internal import HTTPClient

/// The four headers of one delivery, as fal's documentation lays them down
/// (https://docs.fal.ai/model-apis/model-endpoints/webhooks).
struct DeliverySigner: Sendable {
    /// How far a stale timestamp lies back, in seconds; receivers take 300.
    static let staleSeconds: Int64 = 600

    /// What can be wrong with a signature on purpose.
    struct Fault: Sendable, Equatable {
        /// The signature's last digit is another one.
        var isSignatureBad = false
        /// The timestamp is ``staleSeconds`` old, and correctly signed.
        var isTimestampStale = false
        /// The user id is somebody else's, and correctly signed.
        var isAccountWrong = false
        /// None of the four headers is there.
        var isUnsigned = false
    }

    /// Who submitted, as signed deliveries say it.
    let account: String

    /// Signs a body.
    ///
    /// - Parameters:
    ///   - body: The bytes that will be sent, whole.
    ///   - requestID: fal's id of the request.
    ///   - now: The time of signing, in microseconds since 1970.
    ///   - key: What signs.
    ///   - fault: What is to be wrong.
    /// - Returns: The headers, without any when `isUnsigned`.
    /// - Throws: `CryptoError` if OpenSSL fails.
    func headers(
        for body: [UInt8],
        requestID: String,
        now: Int64,
        key: Ed25519PrivateKey,
        fault: Fault = Fault()
    ) throws(CryptoError) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if fault.isUnsigned { return headers }
        let timestamp = "\(now / 1_000_000 - (fault.isTimestampStale ? Self.staleSeconds : 0))"
        let user = fault.isAccountWrong ? account + "-other" : account
        let digest = SHA256.digest(body.span)
        let message = Array("\(requestID)\n\(user)\n\(timestamp)\n\(digest.hex)".utf8)
        var signature = try key.sign(message.span)
        if fault.isSignatureBad {
            signature[signature.count - 1] ^= 1
        }
        headers.add("X-Fal-Webhook-Request-Id", requestID)
        headers.add("X-Fal-Webhook-User-Id", user)
        headers.add("X-Fal-Webhook-Timestamp", timestamp)
        headers.add("X-Fal-Webhook-Signature", Hex.encode(signature.span))
        return headers
    }
}
