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
    /// - Parameter values: All values that were sent for a name, as bytes, in any letter case of the name.
    /// - Throws: ``WebhookRejection`` with `headerMissing`, `headerRepeated` or `headerMalformed` for the first header,
    ///   in the order of ``WebhookHeaderName``, that is not there exactly once in its form.
    package init(values: (WebhookHeaderName) -> [[UInt8]]) throws(WebhookRejection) {
        requestID = try Self.identifier(.requestID, values) { (0x21...0x7E).contains($0) }
        userID = try Self.identifier(.userID, values) { $0 >= 0x20 && $0 != 0x7F }
        timestamp = try Self.text(.timestamp, values) { digits in
            (1...Self.timestampDigitCountMax).contains(digits.count)
                && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        signatureHex = try Self.text(.signature, values) { $0.count == 2 * Ed25519PublicKey.signatureByteCount }
        guard let seconds = Int(timestamp) else { throw WebhookRejection(.headerMalformed, header: .timestamp) }
        guard let signature = Hex.decode(signatureHex) else {
            throw WebhookRejection(.headerMalformed, header: .signature)
        }
        self.timestampSeconds = seconds
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

    private static func identifier(
        _ name: WebhookHeaderName,
        _ values: (WebhookHeaderName) -> [[UInt8]],
        isAllowed: (UInt8) -> Bool
    ) throws(WebhookRejection) -> String {
        try text(name, values) { bytes in
            (1...identifierByteCountMax).contains(bytes.count) && bytes.allSatisfy(isAllowed)
        }
    }

    /// The only value of a header, if it is UTF-8 and of the right form.
    private static func text(
        _ name: WebhookHeaderName,
        _ values: (WebhookHeaderName) -> [[UInt8]],
        hasForm: ([UInt8]) -> Bool
    ) throws(WebhookRejection) -> String {
        let values = values(name)
        guard let value = values.first else { throw WebhookRejection(.headerMissing, header: name) }
        guard values.count == 1 else { throw WebhookRejection(.headerRepeated, header: name) }
        guard hasForm(value), let text = String(validating: value, as: UTF8.self) else {
            throw WebhookRejection(.headerMalformed, header: name)
        }
        return text
    }
}
