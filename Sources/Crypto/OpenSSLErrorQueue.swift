internal import COpenSSL

/// The errors that OpenSSL keeps for each thread.
///
/// They must be taken away after every failure: what is left would be blamed on the next call that fails on this
/// thread, and libmicrohttpd's TLS could read it too (ERR_get_error(3)).
enum OpenSSLErrorQueue {
    /// Forgets what is queued.
    static func clear() {
        ERR_clear_error()
    }

    /// Empties the queue into an error; the oldest entry, the cause, comes first.
    static func takeError(_ operation: CryptoError.Operation) -> CryptoError {
        var details: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            // ERR_error_string_n(3): always ends with a zero byte, 256 bytes are enough.
            var text = [CChar](repeating: 0, count: 256)
            unsafe text.withUnsafeMutableBufferPointer { buffer in
                unsafe ERR_error_string_n(code, buffer.baseAddress, buffer.count)
            }
            details.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return CryptoError(
            operation: operation,
            detail: details.isEmpty ? "OpenSSL gave no reason" : details.joined(separator: "; ")
        )
    }

    /// Turns a "null is failure" result into one that is there.
    static func require<Pointee>(
        _ operation: CryptoError.Operation,
        _ pointer: UnsafeMutablePointer<Pointee>?
    ) throws(CryptoError) -> UnsafeMutablePointer<Pointee> {
        guard let pointer = unsafe pointer else { throw takeError(operation) }
        return unsafe pointer
    }

    /// Turns a "null is failure" result into one that is there.
    static func require(
        _ operation: CryptoError.Operation,
        _ pointer: OpaquePointer?
    ) throws(CryptoError) -> OpaquePointer {
        guard let pointer = unsafe pointer else { throw takeError(operation) }
        return unsafe pointer
    }

    /// Turns a "1 is success" result into an error.
    static func require(_ operation: CryptoError.Operation, _ code: Int32) throws(CryptoError) {
        guard code == 1 else { throw takeError(operation) }
    }
}
