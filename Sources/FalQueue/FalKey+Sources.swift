import Glibc

extension FalKey {
    /// The key from the environment as fal's clients read it: `FAL_KEY`, else `FAL_KEY_ID` with `FAL_KEY_SECRET`.
    ///
    /// - Parameter environment: The variables.
    /// - Returns: nil when none of them is set, or `FAL_KEY` is set to nothing.
    /// - Throws: ``FalKeyError`` when what is set is no key.
    package static func fromEnvironment(_ environment: [String: String]) throws(FalKeyError) -> FalKey? {
        if let key = environment["FAL_KEY"], !key.isEmpty { return try FalKey(key) }
        guard let id = environment["FAL_KEY_ID"], let secret = environment["FAL_KEY_SECRET"] else { return nil }
        return try FalKey("\(id):\(secret)")
    }

    /// The key from a file that holds nothing else.
    ///
    /// - Throws: ``FalKeyError``: `unreadable`, or what is wrong with the contents.
    package static func fromFile(_ path: String) throws(FalKeyError) -> FalKey {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        // Room for white space around the key; a longer file is no key's.
        while bytes.count <= 2 * bytesMax {
            var piece = [UInt8](repeating: 0, count: bytesMax)
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable }
            bytes += piece.prefix(count)
        }
        guard bytes.count <= 2 * bytesMax else { throw .tooLong }
        return try FalKey(String(decoding: bytes, as: UTF8.self))
    }
}
