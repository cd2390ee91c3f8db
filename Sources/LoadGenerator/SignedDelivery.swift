package import Crypto
package import Posix

/// One delivery as fal would send it: signed, and ready to be written to a connection.
package struct SignedDelivery: Sendable {
    /// fal's id of the request.
    package let requestID: String
    /// The user id in its headers.
    package let account: String
    /// The timestamp in its headers.
    package let timestamp: String
    /// The signature in its headers.
    package let signature: String
    /// The whole HTTP request.
    package let bytes: [UInt8]
    /// The SHA-256 of its body.
    package let bodyDigest: SHA256Digest
    private let bodyStart: Int

    /// The body alone, which is what was signed.
    package var body: ArraySlice<UInt8> { bytes[bodyStart...] }

    /// Signs a delivery.
    ///
    /// - Parameters:
    ///   - requestID: fal's id of the request.
    ///   - account: The user id in its headers.
    ///   - path: Where it goes, `/fal`.
    ///   - padding: Bytes of text inside the payload, to make the body as large as wanted; the rest is about 600.
    ///   - key: The key that signs.
    ///   - time: The timestamp in its headers.
    /// - Throws: `CryptoError` when OpenSSL does not sign.
    package init(
        requestID: String,
        account: String = "load|1",
        path: String = "/fal",
        padding: Int = 0,
        key: Ed25519PrivateKey,
        time: WallTime = .now
    ) throws {
        let body = Array(Self.body(requestID: requestID, padding: padding).utf8)
        let timestamp = "\(time.seconds)"
        bodyDigest = SHA256.digest(body.span)
        let message = Array("\(requestID)\n\(account)\n\(timestamp)\n\(bodyDigest.hex)".utf8)
        let signatureBytes = try key.sign(message.span)
        let signature = Hex.encode(signatureBytes.span)
        let head =
            "POST \(path) HTTP/1.1\r\nHost: hook\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n"
            + "X-Fal-Webhook-Request-Id: \(requestID)\r\nX-Fal-Webhook-User-Id: \(account)\r\n"
            + "X-Fal-Webhook-Timestamp: \(timestamp)\r\nX-Fal-Webhook-Signature: \(signature)\r\n\r\n"
        self.requestID = requestID
        self.account = account
        self.timestamp = timestamp
        self.signature = signature
        bodyStart = head.utf8.count
        bytes = Array(head.utf8) + body
    }

    /// Signs many deliveries, each of a request of its own.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - prefix: What their request ids begin with; different runs take different ones.
    ///   - padding: As in ``init(requestID:account:path:padding:key:time:)``.
    ///   - key: The key that signs.
    /// - Returns: As many deliveries.
    /// - Throws: `CryptoError` when OpenSSL does not sign.
    package static func many(_ count: Int, prefix: String, padding: Int = 0, key: Ed25519PrivateKey) throws -> [Self] {
        let time = WallTime.now
        return try (0..<count).map { number in
            try SignedDelivery(requestID: "\(prefix)-\(number)", padding: padding, key: key, time: time)
        }
    }

    /// A body as fal writes one, of about 600 bytes and the padding.
    package static func body(requestID: String, padding: Int = 0) -> String {
        let url = "https://v3.fal.media/files/load/O853qAknYZGU8_2QCbJwd.mp4"
        return "{\"error\": null, \"gateway_request_id\": \"\(requestID)\", \"payload\": {\"prompt\": "
            + "\"A falcon dives from a cliff at dawn, the valley below still in the blue shade of the night\", "
            + "\"seed\": 17454220438242315174, \"timings\": {\"inference\": 2.107286686077714}, "
            + "\"video\": {\"content_type\": \"video/mp4\", \"duration\": 6.041667, \"file_name\": \"falcon.mp4\", "
            + "\"file_size\": 4812345, \"fps\": 24.0, \"height\": 720, \"num_frames\": 145, \"url\": \"\(url)\", "
            + "\"width\": 1280}, \"padding\": \"\(String(repeating: "x", count: padding))\"}, "
            + "\"request_id\": \"\(requestID)\", \"status\": \"OK\"}"
    }
}
