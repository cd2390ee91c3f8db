internal import COpenSSL

/// SHA-256 of many texts, one after the other: what OpenSSL sets up for each is set up once.
///
/// For a short text that takes longer than the digest.
@safe
package struct SHA256Hasher: ~Copyable, @unchecked Sendable {  // The context has this one owner.
    private let context: OpaquePointer

    /// Sets up what each digest needs.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for a digest") }
        unsafe self.context = unsafe context
        let code = unsafe EVP_DigestInit_ex(context, SHA256Algorithm.fetched.pointer, nil)
        precondition(code == 1, "SHA-256 did not start")
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// The first 128 bits of the digest of some bytes, as two big-endian numbers.
    package mutating func prefix(of bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
        // Without a digest the one that the context has begins anew (EVP_DigestInit(3)).
        var code = unsafe EVP_DigestInit_ex(context, nil, nil)
        precondition(code == 1, "SHA-256 did not start")
        code = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(code == 1, "SHA-256 did not take bytes")
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        code = unsafe withUnsafeMutableBytes(of: &words) { digest in
            unsafe EVP_DigestFinal_ex(context, digest.assumingMemoryBound(to: UInt8.self).baseAddress, nil)
        }
        precondition(code == 1, "SHA-256 did not end")
        return (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1))
    }
}
