import Crypto
import Foundation
import Testing
import Webhook

/// `signatures.json`: synthetic deliveries, made and checked by independent tools.
struct SignatureVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let expectValid: Bool
        let now: Int
        let jwks: String
        let headers: [String: String]
        let bodyBase64: String
        let bodySha256Hex: String
        let signedMessageBase64: String

        var testDescription: String { name }
        var body: [UInt8] { Base64.decode(bodyBase64) ?? [] }

        func values(of name: WebhookHeaderName) -> [[UInt8]] {
            headers[name.rawValue].map { [Array($0.utf8)] } ?? []
        }
    }

    let privateSeedsHex: [String: String]
    let cases: [Case]

    static func load() throws -> SignatureVectors {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(SignatureVectors.self, from: Data(vectorFile("signatures.json")))
    }

    /// The bytes of one of the key sets.
    static func keySetSource(_ name: String) throws -> [UInt8] {
        let file = try JSONSerialization.jsonObject(with: Data(vectorFile("signatures.json")))
        let sets = try #require((file as? [String: Any])?["jwks"] as? [String: Any])
        return Array(try JSONSerialization.data(withJSONObject: #require(sets[name])))
    }
}

/// A file of the folder `Vectors`.
func vectorFile(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Vectors/\(name)", withExtension: nil))
    return Array(try Data(contentsOf: url))
}

/// A signer like fal, for deliveries that the vectors do not have.
struct Signer {
    static let now = Duration.seconds(1_752_019_770)

    let key: Ed25519PrivateKey
    var requestID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
    var accountID = "auth0|1"
    var timestamp = "1752019770"

    init(seed: UInt8 = 1) throws {
        key = try Ed25519PrivateKey(seed: [UInt8](repeating: seed, count: 32).span)
    }

    var body: [UInt8] { Array(#"{"payload": {}, "request_id": "\#(requestID)", "status": "OK"}"#.utf8) }

    var keySetSource: [UInt8] {
        let x = Base64.encodeURL(key.publicKey.rawBytes.span)
        return Array(#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(x)"}]}"#.utf8)
    }

    func keySet() throws -> KeySet {
        try KeySet(parsing: keySetSource.span)
    }

    func headers(for body: [UInt8]) throws -> [WebhookHeaderName: String] {
        let message = "\(requestID)\n\(accountID)\n\(timestamp)\n\(SHA256.digest(body.span).hex)"
        let signature = try key.sign(Array(message.utf8).span)
        return [
            .requestID: requestID, .userID: accountID, .timestamp: timestamp, .signature: Hex.encode(signature.span),
        ]
    }

    func verify(
        _ body: [UInt8],
        headers: [WebhookHeaderName: String]? = nil,
        now: Duration = Signer.now,
        accounts: AccountPolicy = .open
    ) throws -> VerifiedDelivery {
        let headers = try headers ?? self.headers(for: body)
        let parsed = try WebhookHeaders { name in headers[name].map { [Array($0.utf8)] } ?? [] }
        let keySet = try keySet()
        return try WebhookVerifier.verify(
            headers: parsed,
            body: body.span,
            now: now,
            keySet: keySet,
            accounts: accounts
        )
    }
}
