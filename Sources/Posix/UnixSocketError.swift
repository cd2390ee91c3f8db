/// Why a Unix socket could not be bound or reached.
package enum UnixSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path is empty or holds a NUL byte.
    case invalidPath(String)
    /// The path has more bytes than a socket address has room for.
    case pathTooLong(path: String, bytes: Int)
    /// Something that is no socket stands at the path.
    case notASocket(path: String)
    /// Another process listens there.
    case inUse(path: String)
    /// Nobody listens there: there is no such file, or its owner is gone.
    case notListening(path: String)
    /// The file's or a directory's permissions do not allow it.
    case notAllowed(path: String)
    /// A system call failed for another reason.
    case system(SystemCallError)

    package var description: String {
        switch self {
        case .invalidPath(let path): "the socket path '\(path)' is empty or holds a NUL byte"
        case .pathTooLong(let path, let bytes):
            "the socket path has \(bytes) bytes, and the system allows \(UnixSocketPath.bytesMax): choose a shorter one "
                + "than \(path)"
        case .notASocket(let path): "\(path) exists and is not a socket: move it away or choose another path"
        case .inUse(let path): "another service is running on \(path): stop it or choose another path"
        case .notListening(let path): "nobody listens on \(path)"
        case .notAllowed(let path):
            "no permission for \(path): connecting needs write permission on the socket and search permission on its "
                + "directories"
        case .system(let error): error.description
        }
    }
}
