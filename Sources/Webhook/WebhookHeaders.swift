package import Crypto

/// The four headers of a delivery.
///
/// Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks
package enum WebhookHeaderName: String, CaseIterable, Sendable {
    /// fal's id of the request.
    case requestID = "X-Fal-Webhook-Request-Id"
    /// The account that submitted it.
    case userID = "X-Fal-Webhook-User-Id"
    /// When it was signed, in seconds since 1970.
    case timestamp = "X-Fal-Webhook-Timestamp"
    /// The Ed25519 signature in hexadecimal.
    case signature = "X-Fal-Webhook-Signature"
}

/// How often a header was sent, and what it says.
package enum WebhookHeaderOccurrence: Sendable {
    /// Not at all.
    case none
    /// Once, with these bytes.
    case once(ArraySlice<UInt8>)
    /// More than once.
    case repeated
}

/// The four headers of a delivery, each there once and of its form; nothing is verified yet.
package struct WebhookHeaders: Equatable, Sendable {
    /// The most bytes of a request id or a user id.
    package static let identifierByteCountMax = 256

    /// The most digits of a timestamp.
    package static let timestampDigitCountMax = 12

    /// fal's id of the request: visible ASCII, not necessarily a UUID.
    package let requestID: String

    /// The account: any text without control characters; Auth0 ids hold a `|`.
    package let userID: String

    /// The timestamp as it was sent, which is what is signed.
    package let timestamp: String

    /// The timestamp in seconds since 1970.
    package let timestampSeconds: Int

    /// The signature as it was sent, in lower or upper case.
    package let signatureHex: String

    /// The 64 bytes of the signature.
    package let signature: [UInt8]

    /// Reads the headers.
    ///
    /// - Parameter occurrence: What was sent for a name, in any letter case of the name.
    /// - Throws: ``WebhookRejection`` with `headerMissing`, `headerRepeated` or `headerMalformed` for the first header,
    ///   in the order of ``WebhookHeaderName``, that is not there exactly once in its form.
    package init(
        _ occurrence: (WebhookHeaderName) -> WebhookHeaderOccurrence
    ) throws(WebhookRejection) {
        let requestID = try Self.only(.requestID, occurrence)
        guard (1...Self.identifierByteCountMax).contains(requestID.count), requestID.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw WebhookRejection(.headerMalformed, header: .requestID) }
        let userID = try Self.only(.userID, occurrence)
        guard (1...Self.identifierByteCountMax).contains(userID.count),
            userID.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let account = Self.text(userID)
        else { throw WebhookRejection(.headerMalformed, header: .userID) }
        let timestamp = try Self.only(.timestamp, occurrence)
        guard (1...Self.timestampDigitCountMax).contains(timestamp.count), timestamp.allSatisfy({ 0x30...0x39 ~= $0 })
        else { throw WebhookRejection(.headerMalformed, header: .timestamp) }
        let digits = try Self.only(.signature, occurrence)
        guard digits.count == 2 * Ed25519PublicKey.signatureByteCount, let signature = Hex.decode(digits.span) else {
            throw WebhookRejection(.headerMalformed, header: .signature)
        }
        // What was looked at is ASCII.
        self.requestID = String(decoding: requestID, as: UTF8.self)
        self.userID = account
        self.timestamp = String(decoding: timestamp, as: UTF8.self)
        timestampSeconds = timestamp.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        signatureHex = String(decoding: digits, as: UTF8.self)
        self.signature = signature
    }

    /// The bytes that fal signs: three headers as sent and the body's digest, joined by line feeds.
    ///
    /// - Parameter bodyDigest: The SHA-256 of the body as it came, before any parsing.
    /// - Returns: The message, without a line feed at its end.
    package func signedMessage(bodyDigest: SHA256Digest) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(requestID.utf8.count + userID.utf8.count + timestamp.utf8.count + 67)
        for part in [requestID, userID, timestamp] {
            message.append(contentsOf: part.utf8)
            message.append(UInt8(ascii: "\n"))
        }
        Hex.append(bodyDigest.bytes.span, to: &message)
        return message
    }

    /// The only value of a header.
    private static func only(
        _ name: WebhookHeaderName,
        _ occurrence: (WebhookHeaderName) -> WebhookHeaderOccurrence
    ) throws(WebhookRejection) -> ArraySlice<UInt8> {
        switch occurrence(name) {
        case .none: throw WebhookRejection(.headerMissing, header: name)
        case .once(let value): return value
        case .repeated: throw WebhookRejection(.headerRepeated, header: name)
        }
    }

    /// The text that bytes are, if they are UTF-8.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        // Nearly every id is ASCII, and to look for that is cheaper than to validate.
        bytes.allSatisfy { $0 < 0x80 }
            ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }
}
