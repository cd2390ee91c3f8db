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
        let isValid = verifies(signature, message, with: context, isSetUp: context.isUsed && Self.contextsVerifyAgain)
        if !isValid { OpenSSLErrorQueue.clear() }
        return isValid
    }

    /// Asks OpenSSL, with a context that is set up for this key already or now.
    private func verifies(
        _ signature: Span<UInt8>,
        _ message: Span<UInt8>,
        with context: borrowing DigestContext,
        isSetUp: Bool
    ) -> Bool {
        let pointer = unsafe context.pointer
        // EVP_DigestVerifyInit(3): Ed25519 takes no digest, and the message in one call.
        guard unsafe isSetUp || EVP_DigestVerifyInit(pointer, nil, nil, nil, key.pointer) == 1 else { return false }
        return unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    pointer,
                    signature.baseAddress,
                    signature.count,
                    message.baseAddress,
                    message.count
                ) == 1
            }
        }
    }

    /// Whether this OpenSSL lets a context verify one signature after the other without being set up in between.
    ///
    /// OpenSSL 3.0 does; EVP_DigestVerifyInit(3) promises it for no version, and a later one may refuse, which would make
    /// every signature invalid. So it is tried once.
    private static let contextsVerifyAgain: Bool = {
        let message = Array("falconer".utf8)
        let seed = [UInt8](repeating: 1, count: Ed25519PrivateKey.seedByteCount)
        guard let privateKey = try? Ed25519PrivateKey(seed: seed.span),
            let signature = try? privateKey.sign(message.span)
        else { return false }
        var forged = signature
        forged[0] ^= 1
        let key = privateKey.publicKey
        let context = DigestContext(from: DigestContextPool())
        let first = key.verifies(signature.span, message.span, with: context, isSetUp: false)
        let second = key.verifies(forged.span, message.span, with: context, isSetUp: true)
        let third = key.verifies(signature.span, message.span, with: context, isSetUp: true)
        OpenSSLErrorQueue.clear()
        return first && !second && third
    }()

    /// Whether the published bytes are the same.
    package static func == (left: Self, right: Self) -> Bool {
        left.rawBytes == right.rawBytes
    }
}
