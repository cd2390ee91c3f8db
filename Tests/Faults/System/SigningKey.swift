import Crypto
import FoundationEssentials

/// The key that signs the deliveries, kept in a file as 64 hexadecimal digits.
struct SigningKey: Sendable {
    /// What went wrong with a key file.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The key.
    let key: Ed25519PrivateKey
    private let seed: [UInt8]

    /// Makes a key.
    init() throws {
        let seed = try randomBytes(Ed25519PrivateKey.seedByteCount)
        self.seed = seed
        key = try Ed25519PrivateKey(seed: seed.span)
    }

    /// Reads a key from its file.
    init(file: String) throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let digits = text.prefix { $0 != "\n" }
        guard let seed = Hex.decode(digits), seed.count == Ed25519PrivateKey.seedByteCount else {
            throw Failure(description: "\(file) does not hold 64 hexadecimal digits; 'falconer-faults keys' makes one")
        }
        self.seed = seed
        key = try Ed25519PrivateKey(seed: seed.span)
    }

    /// Writes the key to a file.
    func write(to file: String) throws {
        try Data((Hex.encode(seed.span) + "\n").utf8).write(to: URL(filePath: file))
    }

    /// The key set that `falconer serve --keys` takes.
    var keySet: String {
        let bytes = key.publicKey.rawBytes
        return "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(bytes.span))\"}]}\n"
    }
}
