import Glibc

/// The path of a Unix socket, checked to fit into a socket address whole.
package struct UnixSocketPath: Equatable, Sendable, CustomStringConvertible {
    /// The most bytes of a path: `sun_path` has 108, the last of which is NUL (unix(7)).
    package static let bytesMax = 107

    /// The path as it was given.
    package let description: String

    /// Checks a path.
    ///
    /// - Throws: ``UnixSocketError/invalidPath(_:)`` or ``UnixSocketError/pathTooLong(path:bytes:)``.
    package init(_ path: String) throws(UnixSocketError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalidPath(path) }
        guard path.utf8.count <= Self.bytesMax else { throw .pathTooLong(path: path, bytes: path.utf8.count) }
        description = path
    }

    /// The directory that holds the socket.
    var directory: String {
        guard let slash = description.lastIndex(of: "/") else { return "." }
        return slash == description.startIndex ? "/" : String(description[..<slash])
    }

    /// Calls `body` with the address.
    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: description.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
