import Crypto
import Foundation
import JSONText
import Testing
import Webhook

@Suite("The published and the synthetic deliveries")
struct SignatureVectorTests {
    @Test("every case is valid exactly when it should be", arguments: try SignatureVectors.load().cases)
    func cases(vector: SignatureVectors.Case) throws {
        let source = try SignatureVectors.keySetSource(vector.jwks)
        let keySet = try KeySet(parsing: source.span)
        let body = vector.body
        let result = Result<VerifiedDelivery, WebhookRejection> { () throws(WebhookRejection) in
            try WebhookVerifier.verify(
                headers: WebhookHeaders(values: vector.values(of:)),
                body: body.span,
                now: .seconds(vector.now),
                keySet: keySet,
                accounts: .open
            )
        }
        switch result {
        case .success(let delivery):
            #expect(vector.expectValid)
            #expect(delivery.requestID == vector.headers["X-Fal-Webhook-Request-Id"])
            #expect(delivery.accountID == vector.headers["X-Fal-Webhook-User-Id"])
            #expect(delivery.signatureHex == vector.headers["X-Fal-Webhook-Signature"])
            #expect(delivery.bodyDigest.hex == vector.bodySha256Hex)
            let headers = try WebhookHeaders(values: vector.values(of:))
            #expect(headers.signedMessage(bodyDigest: delivery.bodyDigest) == Base64.decode(vector.signedMessageBase64))
        case .failure(let rejection):
            #expect(!vector.expectValid)
            let expected: [String: WebhookRejection.Code] = [
                "skew-plus-301": .timestampOutOfWindow, "tampered-body": .signatureInvalid,
                "wrong-key": .signatureInvalid, "changed-user-id": .signatureInvalid,
                "missing-signature": .headerMissing, "short-signature": .headerMalformed,
            ]
            #expect(rejection.code == expected[vector.name])
        }
    }

    @Test("the file holds what it is known to hold")
    func completeness() throws {
        let cases = try SignatureVectors.load().cases
        #expect(cases.count == 13)
        #expect(cases.count { $0.expectValid } == 7)
    }

    @Test("the key sets have two keys each, and what is no Ed25519 key is skipped and counted")
    func keySets() throws {
        for (name, skipped) in ["default": 0, "padded": 0, "mixed": 3] {
            let source = try SignatureVectors.keySetSource(name)
            let keySet = try KeySet(parsing: source.span)
            let seeds = try SignatureVectors.load().privateSeedsHex
            let keys = try seeds.sorted { $0.key < $1.key }.map { seed in
                let bytes = try #require(Hex.decode(seed.value))
                return try Ed25519PrivateKey(seed: bytes.span).publicKey
            }
            #expect(keySet.keys == keys)
            #expect(keySet.skippedCount == skipped)
        }
    }

    @Test("the body of a real delivery is read without a byte being touched")
    func realDelivery() throws {
        struct Delivery: Decodable {
            let headers: [String: String?]
            let body: String
            let bodySha256Hex: String
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let delivery = try decoder.decode(Delivery.self, from: Data(vectorFile("real-delivery.json")))
        let bytes = Array(delivery.body.utf8)
        #expect(SHA256.digest(bytes.span).hex == delivery.bodySha256Hex)
        let body = try WebhookBody(parsing: bytes.span)
        #expect(body.requestID == "5057fca7-2eb3-468f-b95d-cefe92b0b9d4")
        #expect(body.gatewayRequestID == body.requestID)
        #expect(body.status == .ok && body.error == nil && body.payloadError == nil && !body.needsResult)
        #expect(body.isSingleLine)
        let payload = try #require(body.payload)
        let seed = try #require(try JSONText.members(of: payload, in: bytes.span).value(of: "seed"))
        #expect(String(decoding: bytes[seed.range], as: UTF8.self) == "17454220438242315174")
        // The publisher blanked the user id, so the headers lack one.
        let rejection = #expect(throws: WebhookRejection.self) {
            try WebhookHeaders(values: { name in
                (delivery.headers[name.rawValue] ?? nil).map { [Array($0.utf8)] } ?? []
            })
        }
        #expect(rejection == WebhookRejection(.headerMissing, header: .userID))
    }

    @Test("the bodies users reported are read")
    func reportedBodies() throws {
        let file = try JSONSerialization.jsonObject(with: Data(vectorFile("reported-bodies.json")))
        let bodies = try #require((file as? [String: Any])?["bodies"] as? [Any])
        let parsed = try bodies.map { body in
            let bytes = Array(try JSONSerialization.data(withJSONObject: body))
            return try WebhookBody(parsing: bytes.span)
        }
        #expect(parsed.map(\.status) == [.error, .error])
        #expect(parsed.map(\.error) == ["Invalid status code: 404", "Unexpected status code: 404"])
        #expect(parsed.map(\.needsResult) == [true, false])
        #expect(parsed.map(\.payload?.kind) == [.null, .object])
        #expect(parsed.first?.payloadError?.hasPrefix("Response payload is not JSON serializable") == true)
    }
}
