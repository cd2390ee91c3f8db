import Crypto

// `#expect` cannot take a call apart whose arguments are spans, so the tests call through arrays.

func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    isEqualInConstantTime(left.span, right.span)
}

extension Ed25519PublicKey {
    func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValidSignature(signature.span, for: message.span)
    }
}

extension Hex {
    static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }
}

extension Base64 {
    static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }
    static func encodeURL(_ bytes: [UInt8]) -> String { encodeURL(bytes.span) }
}

extension SHA256 {
    static func digest(_ bytes: [UInt8]) -> SHA256Digest { digest(bytes.span) }
}
