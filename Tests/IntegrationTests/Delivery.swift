import Crypto
import Posix

/// One delivery, of which a test can spoil every part before or after it is signed.
struct Delivery {
    static let requestIDName = "X-Fal-Webhook-Request-Id"
    static let userIDName = "X-Fal-Webhook-User-Id"
    static let timestampName = "X-Fal-Webhook-Timestamp"
    static let signatureName = "X-Fal-Webhook-Signature"
    static let headerNames = [requestIDName, userIDName, timestampName, signatureName]

    /// How the body is sent.
    enum Framing {
        case length
        case chunks(of: Int)
    }

    var method = "POST"
    var path = "/fal"
    /// The header fields of the signature, and any others, in order.
    var fields: [(name: String, value: String)]
    var body: [UInt8]
    var framing = Framing.length

    /// Signs a body, whatever it is.
    init(
        _ requestID: String,
        body: [UInt8],
        account: String = "auth0|falconer",
        timestamp: String = "\(WallTime.now.seconds)",
        key: Ed25519PrivateKey = Service.key
    ) throws {
        let message = Array("\(requestID)\n\(account)\n\(timestamp)\n\(SHA256.digest(body.span).hex)".utf8)
        let signature = try key.sign(message.span)
        fields = [
            (Self.requestIDName, requestID), (Self.userIDName, account), (Self.timestampName, timestamp),
            (Self.signatureName, Hex.encode(signature.span)),
        ]
        self.body = body
    }

    /// Signs a body that is a webhook's.
    init(
        _ requestID: String,
        text: String = "dog",
        account: String = "auth0|falconer",
        timestamp: String = "\(WallTime.now.seconds)",
        key: Ed25519PrivateKey = Service.key
    ) throws {
        let body = Self.body(requestID, text: text)
        try self.init(requestID, body: Array(body.utf8), account: account, timestamp: timestamp, key: key)
    }

    /// The body of a request that succeeded.
    static func body(_ requestID: String, text: String = "dog") -> String {
        "{\"error\": null, \"payload\": {\"prompt\": \"\(text)\"}, \"request_id\": \"\(requestID)\", \"status\": \"OK\"}"
    }

    /// A delivery of exactly so many bytes of body.
    static func ofBodyBytes(_ count: Int, _ requestID: String) throws -> Delivery {
        let rest = body(requestID, text: "").utf8.count
        return try Delivery(requestID, text: String(repeating: "x", count: count - rest))
    }

    /// The same with a field more.
    func adding(_ name: String, _ value: String) -> Delivery {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }

    /// The same without a field.
    func without(_ name: String) -> Delivery {
        var copy = self
        copy.fields.removeAll { $0.name == name }
        return copy
    }

    /// The same with another value of a field.
    func with(_ name: String, _ value: String) -> Delivery {
        var copy = self
        copy.fields = copy.fields.map { $0.name == name ? (name, value) : $0 }
        return copy
    }

    /// The same on another path.
    func to(_ path: String) -> Delivery {
        var copy = self
        copy.path = path
        return copy
    }

    /// The same in chunks of at most so many bytes.
    func chunked(_ count: Int) -> Delivery {
        var copy = self
        copy.framing = .chunks(of: count)
        return copy
    }

    /// The value of a field.
    func value(_ name: String) -> String {
        fields.first { $0.name == name }?.value ?? ""
    }

    /// The request line and the header fields, with the empty line behind them.
    var head: [UInt8] {
        var all = [("Host", "hook"), ("Content-Type", "application/json")]
        switch framing {
        case .length: all.append(("Content-Length", "\(body.count)"))
        case .chunks: all.append(("Transfer-Encoding", "chunked"))
        }
        let lines = (all + fields).map { "\($0.0): \($0.1)\r\n" }.joined()
        return Array("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n".utf8)
    }

    /// The body as it is framed.
    var framedBody: [UInt8] {
        guard case .chunks(let count) = framing else { return body }
        var framed: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: count) {
            let chunk = body[start..<min(start + count, body.count)]
            framed += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        return framed + Array("0\r\n\r\n".utf8)
    }

    /// The whole request.
    var bytes: [UInt8] { head + framedBody }
}
