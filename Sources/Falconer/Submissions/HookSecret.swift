import Crypto

/// The secret that hook tokens are derived from, so that none of them has to be stored or kept in memory.
package struct HookSecret: Sendable {
    /// The bytes of a secret.
    package static let byteCount = 32
    /// The bytes of the authentication code in a token; 128 bits that nobody can guess.
    static let codeBytes = 16

    private let bytes: [UInt8]

    /// A secret of ``byteCount`` bytes; nil for any other number.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The token of a submission: base 64 for URLs of its UUID's 16 bytes and the first 16 of their HMAC-SHA256.
    package func token(for submission: SubmissionID) -> HookToken {
        let id = submission.bytes
        let token = id + hmacSHA256(id.span, key: bytes.span).prefix(Self.codeBytes)
        return HookToken(text: Base64.encodeURL(token.span))
    }

    /// The submission whose token it is; nil when it was not made with this secret.
    ///
    /// Takes the same time wherever a token of the right form is wrong.
    package func submission(of token: HookToken) -> SubmissionID? {
        guard let given = Base64.decodeURL(token.text), given.count == 16 + Self.codeBytes else { return nil }
        let id = Array(given.prefix(16))
        let code = Array(given.suffix(Self.codeBytes))
        let expected = Array(hmacSHA256(id.span, key: bytes.span).prefix(Self.codeBytes))
        return isEqualInConstantTime(code.span, expected.span) ? SubmissionID(bytes: id[...]) : nil
    }
}
