import CLinux
import Glibc
import SystemPackage

/// A listening Unix socket and the file that leads to it.
///
/// The file is left behind when the value goes, so that the owner decides when it is removed.
package final class UnixSocketListener: Sendable {
    /// The socket's permissions: its owner and its group may connect (unix(7): connecting needs write permission).
    package static let mode: UInt32 = 0o660
    /// The permissions of directories that have to be made for it.
    package static let directoryMode: UInt32 = 0o750
    /// How many connections may wait to be accepted.
    package static let backlog: Int32 = 128

    /// Where the socket stands.
    package let path: UnixSocketPath
    /// The number to poll for reading.
    package var number: Int32 { descriptor.number }

    private let descriptor: OwnedDescriptor
    private let file: FileIdentity

    /// Binds and listens; makes the directory if it is missing, and replaces a file whose owner is gone.
    ///
    /// Two processes that do this at the same moment can displace each other: hold a lock of your own around it.
    ///
    /// - Throws: ``UnixSocketError``: `notASocket` and `inUse` when the path is taken, `pathTooLong`, `system`.
    package init(path: UnixSocketPath) throws(UnixSocketError) {
        let descriptor = try UnixSocket.makeNonBlocking()
        let name = path.description
        do throws(SystemCallError) {
            try makeDirectories(path.directory)
            try Self.removeStaleFile(at: path)
            // Linux gives the file the mode of the socket's own inode less the umask (net/unix/af_unix.c, unix_bind), so
            // the file never has more permissions than these, not even for a moment and under any umask.
            try systemCall("fchmod", on: name) { fchmod(descriptor.number, Self.mode) }
            try systemCall("bind", on: name) {
                unsafe path.withAddress { unsafe Glibc.bind(descriptor.number, $0, $1) }
            }
            try systemCall("chmod", on: name) { unsafe chmod(name, Self.mode) }
            guard let file = try FileIdentity(ofFileAt: name) else {
                throw SystemCallError(call: "lstat", errno: .noSuchFileOrDirectory, subject: name)
            }
            self.file = file
            try systemCall("listen", on: name) { listen(descriptor.number, Self.backlog) }
        } catch {
            throw Self.refusal(error, path: name)
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Takes a connection that is waiting; nil when none is.
    ///
    /// - Throws: ``SystemCallError``, `EMFILE` and its like when descriptors have run out.
    package func accept() throws(SystemCallError) -> OwnedDescriptor? {
        let flags = CLinux_SOCK_NONBLOCK | CLinux_SOCK_CLOEXEC
        do throws(SystemCallError) {
            return OwnedDescriptor(
                owning: try systemCall("accept4") { CLinux_accept4(number, nil, nil, flags) }
            )
        } catch {
            switch error.errno {
            // A connection that went away while it waited is no failure of the listener (accept(2)); EINVAL is what
            // Linux says when it no longer listens.
            case .resourceTemporarilyUnavailable, .connectionAbort, .invalidArgument: return nil
            default: throw error
            }
        }
    }

    /// Refuses connections from now on; those that wait already can still be accepted.
    package func stopListening() {
        // It fails only for a socket that is not connected or listening, which is what is wanted.
        _ = shutdown(number, Int32(SHUT_RDWR))
    }

    /// Removes the file, unless somebody else's stands there by now.
    ///
    /// - Returns: Whether it was ours and is gone.
    @discardableResult
    package func removeFile() -> Bool {
        guard let found = try? FileIdentity(ofFileAt: path.description), found == file else { return false }
        return unsafe unlink(path.description) == 0
    }

    private static func removeStaleFile(at path: UnixSocketPath) throws(SystemCallError) {
        let name = path.description
        guard let file = try FileIdentity(ofFileAt: name) else { return }
        guard file.isSocket else { throw SystemCallError(call: "connect", errno: .notSocket, subject: name) }
        do throws(UnixSocketError) {
            _ = try UnixSocket.connect(to: path)
            throw UnixSocketError.inUse(path: name)
        } catch .notListening {
            guard try FileIdentity(ofFileAt: name) == file else { return }
            try systemCall("unlink", on: name) { unsafe unlink(name) }
        } catch .system(let error) {
            throw error
        } catch .notAllowed {
            throw SystemCallError(call: "connect", errno: .permissionDenied, subject: name)
        } catch {
            throw SystemCallError(call: "bind", errno: .addressInUse, subject: name)
        }
    }

    private static func refusal(_ error: SystemCallError, path: String) -> UnixSocketError {
        switch error.errno {
        case .notSocket: .notASocket(path: path)
        case .addressInUse: .inUse(path: path)
        case .permissionDenied, .notPermitted: .notAllowed(path: path)
        default: .system(error)
        }
    }
}

/// What tells one file from another that has its name later.
private struct FileIdentity: Equatable, Sendable {
    let device: UInt
    let inode: UInt
    let isSocket: Bool

    /// Looks at what stands at a path itself, and not where a link leads; nil when nothing does.
    init?(ofFileAt path: String) throws(SystemCallError) {
        var status = stat()
        do throws(SystemCallError) {
            try systemCall("lstat", on: path) { unsafe lstat(path, &status) }
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
    }
}

/// Makes a directory and those above it, where they are missing.
private func makeDirectories(_ path: String) throws(SystemCallError) {
    var end = path.utf8.startIndex
    while end < path.utf8.endIndex {
        end = path.utf8[path.utf8.index(after: end)...].firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
        let part = String(path[..<end])
        do throws(SystemCallError) {
            try systemCall("mkdir", on: part) { unsafe mkdir(part, UnixSocketListener.directoryMode) }
        } catch {
            // Where a directory is there already the kernel may say so in its own way: EROFS, EACCES, EISDIR.
            var status = stat()
            guard unsafe stat(part, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw error }
        }
    }
}
