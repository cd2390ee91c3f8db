import CLinux
import Glibc
import SystemPackage

/// Stream sockets in the file system: connecting, and moving bytes without waiting.
package enum UnixSocket {
    /// What became of bytes that were offered to a socket.
    package enum Sent: Equatable, Sendable {
        /// The kernel took that many, at least one.
        case bytes(Int)
        /// There is no room now.
        case wouldBlock
        /// The other side is gone.
        case closed
    }

    /// What was there to be read.
    package enum Received: Equatable, Sendable {
        /// That many bytes, at least one.
        case bytes(Int)
        /// Nothing now.
        case wouldBlock
        /// The other side has ended its writing, or is gone.
        case ended
    }

    /// Connects to a service; the socket never blocks.
    ///
    /// - Throws: ``UnixSocketError``; `inUse` when the service accepts too slowly and its backlog is full.
    package static func connect(to path: UnixSocketPath) throws(UnixSocketError) -> OwnedDescriptor {
        let descriptor = try makeNonBlocking()
        do throws(SystemCallError) {
            try systemCall("connect", on: path.description) {
                unsafe path.withAddress { unsafe Glibc.connect(descriptor.number, $0, $1) }
            }
        } catch {
            switch error.errno {
            case .connectionRefused, .noSuchFileOrDirectory, .notDirectory:
                throw .notListening(path: path.description)
            case .permissionDenied: throw .notAllowed(path: path.description)
            // EAGAIN: the listener's backlog is full, so there is a listener (unix(7), connect(2)).
            case .resourceTemporarilyUnavailable: throw .inUse(path: path.description)
            default: throw .system(error)
            }
        }
        return descriptor
    }

    /// Offers bytes to a socket, and never raises SIGPIPE.
    package static func send(_ bytes: Span<UInt8>, to descriptor: Int32) -> Sent {
        guard !bytes.isEmpty else { return .wouldBlock }
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let count = unsafe bytes.withUnsafeBytes { buffer in
            while true {
                let count = unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, flags)
                if count >= 0 || errno != EINTR { return count }
            }
        }
        if count > 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? .wouldBlock : .closed
    }

    /// Reads what is there, at most `buffer.count` bytes, into the beginning of `buffer`.
    package static func receive(into buffer: inout [UInt8], from descriptor: Int32) -> Received {
        let count = unsafe buffer.withUnsafeMutableBytes { room in
            while true {
                let count = unsafe Glibc.recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
                if count >= 0 || errno != EINTR { return count }
            }
        }
        if count > 0 { return .bytes(count) }
        return count == -1 && (errno == EAGAIN || errno == EWOULDBLOCK) ? .wouldBlock : .ended
    }

    /// Ends the writing: the other side reads what was sent and then the end.
    package static func endWriting(on descriptor: Int32) {
        // ENOTCONN means that the other side has gone already.
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Makes a stream socket that does not block and is not inherited.
    static func makeNonBlocking() throws(UnixSocketError) -> OwnedDescriptor {
        let type = Int32(SOCK_STREAM.rawValue) | CLinux_SOCK_NONBLOCK | CLinux_SOCK_CLOEXEC
        do throws(SystemCallError) {
            return OwnedDescriptor(owning: try systemCall("socket") { socket(AF_UNIX, type, 0) })
        } catch {
            throw .system(error)
        }
    }
}
