internal import COpenSSL

/// Draws bytes that nobody can guess (RAND_bytes(3)).
///
/// - Parameter count: How many; 0 or more.
/// - Returns: That many bytes.
/// - Throws: ``CryptoError`` if there is no randomness to be had.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let code = unsafe bytes.withUnsafeMutableBufferPointer {
        unsafe RAND_bytes($0.baseAddress, Int32(clamping: $0.count))
    }
    try OpenSSLErrorQueue.require(.random, code)
    return bytes
}
