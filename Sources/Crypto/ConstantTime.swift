internal import COpenSSL

/// Compares secrets in a time that depends on their lengths only (CRYPTO_memcmp(3)).
///
/// The lengths are no secret: values of different length are different.
package func isEqualInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
            unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}
