import Crypto
import Testing
import Webhook

@Suite("Key sets")
struct KeySetTests {
    private func entry(seed: UInt8) throws -> String {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: seed, count: 32).span)
        return #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64.encodeURL(key.publicKey.rawBytes.span))"}"#
    }

    private func parse(_ text: String) throws(KeySetError) -> KeySet {
        let bytes = Array(text.utf8)
        return try KeySet(parsing: bytes.span)
    }

    @Test(
        "what is no key set is malformed",
        arguments: [
            "", "x", "[]", "{}", #"{"keys":null}"#, #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "<html></html>",
        ]
    )
    func malformed(text: String) {
        #expect(throws: KeySetError(.malformed)) { try parse(text) }
    }

    @Test(
        "entries that are no Ed25519 key are skipped, and a set of nothing else is an error",
        arguments: [
            "null", "1", "\"x\"", "[]", "{}", #"{"kty":"OKP","crv":"Ed25519"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":1}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":""}"#, #"{"kty":"OKP","crv":"Ed25519","x":"c2hvcnQ"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4LpCqQ"}"#,
            #"{"kty":"EC","crv":"Ed25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4LpCqQ"}"#,
            #"{"crv":"Ed25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4LpCqQ"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4LpCqQ=="}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4Lp!qQ"}"#,
            #"{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"egIimUq55b6DhX5kGaRe5xG529lPUzErPtwtj4LpCqQ"}"#,
        ]
    )
    func unusable(unusable: String) throws {
        #expect(throws: KeySetError(.noUsableKey)) { try parse(#"{"keys":[\#(unusable)]}"#) }
        let keySet = try parse(#"{"keys":[\#(unusable),\#(try entry(seed: 1)),\#(unusable)]}"#)
        #expect(keySet.keys.count == 1)
        #expect(keySet.skippedCount == 2)
    }

    @Test("an empty set is an error")
    func empty() {
        #expect(throws: KeySetError(.noUsableKey)) { try parse(#"{"keys":[]}"#) }
    }

    @Test("a set has at most 64 entries, and a key counts once")
    func keyLimit() throws {
        let one = try entry(seed: 1)
        let full = (0..<KeySet.keysMax).map { _ in one }
        #expect(try parse(#"{"keys":[\#(full.joined(separator: ","))]}"#).keys.count == 1)
        #expect(throws: KeySetError(.tooManyKeys)) {
            try parse(#"{"keys":[\#((full + [one]).joined(separator: ","))]}"#)
        }
        let many = [String](repeating: "0", count: 70_000).joined(separator: ",")
        #expect(throws: KeySetError(.tooManyKeys)) { try parse(#"{"keys":[\#(many)]}"#) }
    }

    @Test("a set has at most 256 KiB")
    func byteLimit() throws {
        let set = #"{"keys":[\#(try entry(seed: 1))]}"#
        let padding = String(repeating: " ", count: KeySet.byteCountMax - set.utf8.count)
        #expect(try parse(set + padding).keys.count == 1)
        #expect(throws: KeySetError(.tooLarge)) { try parse(set + padding + " ") }
    }

    @Test("any key of the set may have signed")
    func anyKey() throws {
        let keySet = try parse(#"{"keys":[\#(try entry(seed: 1)),\#(try entry(seed: 2)),\#(try entry(seed: 3))]}"#)
        let message = Array("message".utf8)
        for seed in 1...4 as ClosedRange<UInt8> {
            let key = try Ed25519PrivateKey(seed: [UInt8](repeating: seed, count: 32).span)
            let signature = try key.sign(message.span)
            let isValid = keySet.isValidSignature(signature.span, for: message.span)
            #expect(isValid == (seed < 4))
        }
    }
}
