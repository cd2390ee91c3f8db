internal import Crypto
internal import JSONText

/// The keys that deliveries are signed with: the first one signs, all are published.
struct EmulatorKeys: Sendable {
    /// How many are made at the start; fal's set may hold several.
    static let countMin = 2
    /// How many are published at most; a rotation lets the oldest go.
    static let countMax = 8

    /// One key and the seed it comes from.
    struct Key: Sendable {
        /// 32 bytes, a secret.
        let seed: [UInt8]
        /// What signs.
        let privateKey: Ed25519PrivateKey

        /// Makes the key of a seed; a new one of random bytes without a seed.
        init(seed: [UInt8]? = nil) throws(CryptoError) {
            let seed = if let seed { seed } else { try randomBytes(Ed25519PrivateKey.seedByteCount) }
            self.seed = seed
            privateKey = try Ed25519PrivateKey(seed: seed.span)
        }
    }

    /// The keys, the signing one first; never empty.
    private(set) var keys: [Key]

    /// Takes the seeds over and adds new keys until there are ``countMin``.
    init(seeds: [[UInt8]] = []) throws(CryptoError) {
        var keys: [Key] = []
        for seed in seeds {
            keys.append(try Key(seed: seed))
        }
        while keys.count < Self.countMin {
            keys.append(try Key())
        }
        self.keys = keys
    }

    /// The key that signs.
    var signing: Ed25519PrivateKey { keys[0].privateKey }

    /// The seeds, the signing key's first.
    var seeds: [[UInt8]] { keys.map(\.seed) }

    /// Signs with another key from now on.
    ///
    /// - Parameters:
    ///   - key: The new signing key.
    ///   - keepsOld: Whether the one that signed until now is still published.
    mutating func rotate(to key: Key, keepsOld: Bool) {
        if !keepsOld {
            keys.removeFirst()
        }
        keys.insert(key, at: 0)
        keys = Array(keys.prefix(Self.countMax))
    }

    /// The key set as fal publishes it at `/.well-known/jwks.json` (RFC 8037).
    ///
    /// - Parameter isPadded: Whether `x` ends with `=`: standard base64url has none, but fal's Python sample needs it.
    /// - Returns: The JSON.
    func jwks(isPadded: Bool) -> [UInt8] {
        let elements = keys.map { key -> [UInt8] in
            let raw = key.privateKey.publicKey.rawBytes
            let digest = SHA256.digest(raw.span)
            var writer = JSONObjectWriter()
            writer.member("kty", "OKP")
            writer.member("crv", "Ed25519")
            writer.member("x", Base64.encodeURL(raw.span) + (isPadded ? "=" : ""))
            writer.member("kid", String(digest.hex.prefix(16)))
            return writer.bytes
        }
        var writer = JSONObjectWriter()
        writer.member("keys", array: elements)
        return writer.bytes
    }
}
