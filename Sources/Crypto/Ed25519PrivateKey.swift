internal import COpenSSL

/// An Ed25519 private key (RFC 8032); the emulator signs with it as fal does.
package struct Ed25519PrivateKey: Sendable {
    /// The number of bytes of a seed, 32.
    package static let seedByteCount = 32

    /// The key that checks what this one signs.
    package let publicKey: Ed25519PublicKey

    private let key: EVPKey

    /// Makes the key that belongs to a seed.
    ///
    /// - Parameter seed: Exactly 32 bytes.
    /// - Throws: ``CryptoError`` if there are not 32, or if OpenSSL has no Ed25519.
    package init(seed: Span<UInt8>) throws(CryptoError) {
        guard seed.count == Self.seedByteCount else {
            throw CryptoError(operation: .privateKey, detail: "\(seed.count) bytes where 32 are needed")
        }
        let pointer = unsafe seed.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
        }
        let owned = unsafe try OpenSSLErrorQueue.require(.privateKey, pointer)
        let key = unsafe EVPKey(owning: owned)
        var raw = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        var count = raw.count
        let code = unsafe raw.withUnsafeMutableBufferPointer {
            unsafe EVP_PKEY_get_raw_public_key(key.pointer, $0.baseAddress, &count)
        }
        try OpenSSLErrorQueue.require(.privateKey, code)
        self.key = key
        self.publicKey = try Ed25519PublicKey(rawBytes: raw.span)
    }

    /// Makes a new key from random bytes.
    ///
    /// - Throws: ``CryptoError`` if there is no randomness to be had.
    package init() throws(CryptoError) {
        let seed = try randomBytes(Self.seedByteCount)
        try self.init(seed: seed.span)
    }

    /// Signs a message.
    ///
    /// - Parameter message: What is signed, whole.
    /// - Returns: 64 bytes, the same each time (RFC 8032 §5.1.6).
    /// - Throws: ``CryptoError`` if OpenSSL fails.
    package func sign(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        let context = DigestContext(from: key.contexts)
        var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
        var count = signature.count
        let code = unsafe signature.withUnsafeMutableBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                guard unsafe EVP_DigestSignInit(context.pointer, nil, nil, nil, key.pointer) == 1 else {
                    return Int32(0)
                }
                return unsafe EVP_DigestSign(
                    context.pointer,
                    signature.baseAddress,
                    &count,
                    message.baseAddress,
                    message.count
                )
            }
        }
        try OpenSSLErrorQueue.require(.sign, code)
        return signature
    }
}
