internal import COpenSSL

/// An Ed25519 public key (RFC 8032), read once and shared by all threads.
package struct Ed25519PublicKey: Equatable, Sendable {
    /// The number of bytes of a key, 32.
    package static let byteCount = 32

    /// The number of bytes of a signature, 64.
    package static let signatureByteCount = 64

    /// The key as it is published.
    package let rawBytes: [UInt8]

    // Made once: building it from bytes for each signature would cost 5 microseconds each time.
    private let key: EVPKey

    /// Reads a key.
    ///
    /// - Parameter rawBytes: Exactly 32 bytes.
    /// - Throws: ``CryptoError`` if there are not 32, if anybody could sign with it, or if OpenSSL has no Ed25519.
    package init(rawBytes: Span<UInt8>) throws(CryptoError) {
        guard rawBytes.count == Self.byteCount else {
            throw CryptoError(operation: .publicKey, detail: "\(rawBytes.count) bytes where 32 are needed")
        }
        guard !Self.isOfSmallOrder(rawBytes) else {
            throw CryptoError(operation: .publicKey, detail: "a point of small order, with which anybody can sign")
        }
        let pointer = unsafe rawBytes.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
        }
        let owned = unsafe try OpenSSLErrorQueue.require(.publicKey, pointer)
        key = unsafe EVPKey(owning: owned)
        self.rawBytes = rawBytes.indices.map { rawBytes[$0] }
    }

    /// Whether the signature was made with this key over exactly this message.
    ///
    /// A signature that does not have 64 bytes is not valid; OpenSSL is not asked.
    package func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        let context = DigestContext(from: key.contexts)
        // EVP_DigestVerifyInit(3): Ed25519 takes no digest, and the message in one call.
        let code = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                guard unsafe EVP_DigestVerifyInit(context.pointer, nil, nil, nil, key.pointer) == 1 else {
                    return Int32(-1)
                }
                return unsafe EVP_DigestVerify(
                    context.pointer,
                    signature.baseAddress,
                    signature.count,
                    message.baseAddress,
                    message.count
                )
            }
        }
        if code != 1 { OpenSSLErrorQueue.clear() }
        return code == 1
    }

    /// Whether the published bytes are the same.
    package static func == (left: Self, right: Self) -> Bool {
        left.rawBytes == right.rawBytes
    }
}
