internal import COpenSSL

/// The HMAC-SHA256 of some bytes (RFC 2104, EVP_Q_mac(3)): whoever has not the key cannot make it.
///
/// - Parameters:
///   - bytes: What is authenticated.
///   - key: The secret; 32 bytes are as good as it gets.
/// - Returns: 32 bytes.
package func hmacSHA256(_ bytes: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
    var count = 0
    let isMade = unsafe bytes.withUnsafeBytes { bytes in
        unsafe key.withUnsafeBytes { key in
            unsafe code.withUnsafeMutableBufferPointer { code in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return unsafe EVP_Q_mac(
                    nil,
                    "HMAC",
                    nil,
                    "SHA256",
                    nil,
                    key.baseAddress,
                    key.count,
                    start,
                    bytes.count,
                    code.baseAddress,
                    code.count,
                    &count
                ) != nil
            }
        }
    }
    precondition(isMade && count == SHA256Digest.byteCount, "no memory for an HMAC")
    return code
}
