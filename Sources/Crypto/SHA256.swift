internal import COpenSSL

/// A SHA-256 digest (FIPS 180-4).
package struct SHA256Digest: Hashable, Sendable {
    /// The number of bytes, always 32.
    package static let byteCount = 32

    /// The bytes.
    package let bytes: [UInt8]

    /// The digest as 64 lower-case hexadecimal digits.
    package var hex: String { Hex.encode(bytes.span) }

    fileprivate init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// A SHA-256 that is fed piece by piece.
///
/// Only a lack of memory makes these calls fail (EVP_DigestInit(3) with a built-in digest), and that stops the process
/// as it does everywhere in Swift.
@safe
package struct SHA256: ~Copyable, @unchecked Sendable {  // The context has this one owner, and no thread of its own.
    private let context: OpaquePointer

    /// Begins with nothing.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for a digest") }
        unsafe self.context = unsafe context
        let code = unsafe EVP_DigestInit_ex(context, SHA256Algorithm.fetched.pointer, nil)
        precondition(code == 1, "SHA-256 did not start")
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        let code = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(code == 1, "SHA-256 did not take bytes")
    }

    /// The digest of all that was added.
    package consuming func finalize() -> SHA256Digest {
        var digest = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        let code = unsafe digest.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        precondition(code == 1, "SHA-256 did not end")
        return SHA256Digest(digest)
    }

    /// The first 128 bits of the digest of some bytes, as two big-endian numbers; nothing is allocated for it here.
    package static func prefix(of bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let algorithm = unsafe SHA256Algorithm.fetched.pointer
        let code = unsafe bytes.withUnsafeBytes { raw in
            unsafe withUnsafeMutableBytes(of: &words) { digest in
                let start = unsafe digest.assumingMemoryBound(to: UInt8.self).baseAddress
                return unsafe EVP_Digest(raw.baseAddress, raw.count, start, nil, algorithm, nil)
            }
        }
        precondition(code == 1, "no memory for a digest")
        return (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1))
    }

    /// The digest of some bytes.
    package static func digest(_ bytes: Span<UInt8>) -> SHA256Digest {
        var digest = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        let algorithm = unsafe SHA256Algorithm.fetched.pointer
        let code = unsafe bytes.withUnsafeBytes { raw in
            unsafe digest.withUnsafeMutableBufferPointer {
                unsafe EVP_Digest(raw.baseAddress, raw.count, $0.baseAddress, nil, algorithm, nil)
            }
        }
        precondition(code == 1, "no memory for a digest")
        return SHA256Digest(digest)
    }
}
