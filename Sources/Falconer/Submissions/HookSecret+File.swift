import Crypto
import Glibc
import Posix
package import SystemPackage

extension HookSecret {
    /// Where the secret comes from at a start.
    package enum Origin: Sendable {
        /// It stood in its file.
        case file
        /// There was no file: a new one was made and is on disk.
        case new
        /// What the file held is no secret: a new one is in its place, and tokens of before match nothing.
        case replaced
    }

    /// Reads the secret from its file, or makes one, durable before this returns.
    ///
    /// - Parameter path: The file, mode 0600.
    /// - Returns: The secret and where it comes from.
    /// - Throws: `Errno`, `SystemCallError` or `CryptoError` when it cannot be read or kept.
    package static func load(_ path: FilePath) throws -> (secret: HookSecret, origin: Origin) {
        var origin = Origin.new
        do {
            let bytes = try readFile(path, bytesMax: byteCount)
            if let secret = HookSecret(bytes) { return (secret, .file) }
            origin = .replaced
        } catch Errno.noSuchFileOrDirectory {
            origin = .new
        } catch Errno.fileTooLarge {
            origin = .replaced
        }
        let bytes = try randomBytes(byteCount)
        guard let secret = HookSecret(bytes) else { throw Errno.invalidArgument }
        try replaceFile(path, with: bytes, permissions: .ownerReadWrite)
        return (secret, origin)
    }
}
