import Crypto
import Posix

/// Signs what is sent, so that the receiver knows whom it is from (Standard Webhooks 1.0.0, symmetric scheme
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme).
struct WebhookSigner: Sendable {
    /// What a secret begins with.
    static let secretPrefix = "whsec_"
    /// How many bytes a secret may have: "at least 24 bytes (192 bits, 512 maximum)".
    static let secretBytes = 24...64
    /// How many bytes a secret of our own has.
    static let secretBytesMade = 32

    private let secret: [UInt8]

    /// Takes a secret as it is written down, `whsec_` and base 64; nil when it is none.
    init?(secret text: String) {
        guard text.hasPrefix(Self.secretPrefix), let secret = Base64.decode(text.dropFirst(Self.secretPrefix.count)),
            Self.secretBytes.contains(secret.count)
        else { return nil }
        self.secret = secret
    }

    /// A new secret, as it is written down.
    ///
    /// - Throws: `CryptoError` if there is no randomness to be had.
    static func newSecret() throws -> String {
        let bytes = try randomBytes(secretBytesMade)
        return secretPrefix + Base64.encode(bytes.span)
    }

    /// The header fields that go with a body.
    ///
    /// - Parameters:
    ///   - id: The message's id, the same each time that it is sent; without a full stop, which would make the signed
    ///     text ambiguous.
    ///   - time: When it is sent.
    ///   - body: What is sent.
    /// - Returns: The fields `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    func fields(id: String, time: WallTime, body: [UInt8]) -> [(name: String, value: String)] {
        let content = Array("\(id).\(time.seconds).".utf8) + body
        let code = hmacSHA256(content.span, key: secret.span)
        return [
            ("webhook-id", id), ("webhook-timestamp", "\(time.seconds)"),
            ("webhook-signature", "v1,\(Base64.encode(code.span))"),
        ]
    }
}
