package import Crypto
internal import JSONText

/// fal's public keys, of which any may have signed.
///
/// Source: `https://rest.fal.ai/.well-known/jwks.json`, a JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037 §2).
package struct KeySet: Equatable, Sendable {
    /// The most bytes of a key set.
    package static let byteCountMax = 256 * 1024

    /// The most entries of a key set: each costs a wrong signature another 0.1 ms.
    package static let keysMax = 64

    /// The usable keys, each once, in the order of the set.
    package let keys: [Ed25519PublicKey]

    /// How many entries were of no use: of another kind, or broken.
    package let skippedCount: Int

    /// Reads a key set and keeps what is usable.
    ///
    /// An entry is usable if it is an object with `kty` "OKP", `crv` "Ed25519" and 32 bytes of base64url, padded or not,
    /// in `x`. fal's own samples look at nothing else, and skip what they cannot use.
    ///
    /// - Parameter bytes: The JSON Web Key Set.
    /// - Throws: ``KeySetError``; a set without any usable key is an error too.
    package init(parsing bytes: Span<UInt8>) throws(KeySetError) {
        guard bytes.count <= Self.byteCountMax else { throw KeySetError(.tooLarge) }
        let entries = try Self.entries(of: bytes)
        guard entries.count <= Self.keysMax else { throw KeySetError(.tooManyKeys) }
        var keys: [Ed25519PublicKey] = []
        var skipped = 0
        for entry in entries {
            if let key = Self.key(of: entry, in: bytes) {
                if !keys.contains(key) { keys.append(key) }
            } else {
                skipped += 1
            }
        }
        guard !keys.isEmpty else { throw KeySetError(.noUsableKey) }
        self.keys = keys
        self.skippedCount = skipped
    }

    /// Whether any of the keys made this signature over exactly this message.
    package func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        for key in keys where key.isValidSignature(signature, for: message) { return true }
        return false
    }

    private static func entries(of bytes: Span<UInt8>) throws(KeySetError) -> [JSONValueSlice] {
        do {
            let members = try JSONText.members(of: bytes)
            guard members.count(of: "keys") == 1, let keys = members.value(of: "keys") else {
                throw KeySetError(.malformed)
            }
            return try JSONText.elements(of: keys, in: bytes)
        } catch let error as JSONTextError where error.code == .tooManyMembers {
            throw KeySetError(.tooManyKeys)
        } catch {
            throw KeySetError(.malformed)
        }
    }

    private static func key(of entry: JSONValueSlice, in bytes: Span<UInt8>) -> Ed25519PublicKey? {
        guard let members = try? JSONText.members(of: entry, in: bytes) else { return nil }
        func text(_ name: String) -> String? {
            guard members.count(of: name) == 1, let value = members.value(of: name) else { return nil }
            return try? JSONText.string(value, in: bytes)
        }
        guard text("kty") == "OKP", text("crv") == "Ed25519", let encoded = text("x"),
            let rawBytes = Base64.decodeURL(encoded)
        else { return nil }
        return try? Ed25519PublicKey(rawBytes: rawBytes.span)
    }
}
