import Glibc
package import Posix
import SystemPackage

/// A blocking TCP connection for tests: the bytes are the test's own, and every wait has a deadline.
///
/// Its calls block the thread for at most the deadline; against a server on loopback that is no time at all.
package final class RawConnection: Sendable {
    /// Why a read ended without what it was for.
    package enum Failure: Error, Equatable {
        /// The server closed the connection; these bytes had come.
        case closed([UInt8])
        /// Nothing came in time; these bytes had come.
        case timedOut([UInt8])
        /// The bytes are no HTTP response.
        case malformed(String)
    }

    private let descriptor: OwnedDescriptor
    private let deadline: Duration

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - deadline: How long each read waits at most.
    /// - Throws: ``SystemCallError`` when it cannot.
    package init(to address: InternetAddress, deadline: Duration = .seconds(20)) throws(SystemCallError) {
        let family = if case .v4 = address.ip { AF_INET } else { AF_INET6 }
        let type = Int32(SOCK_STREAM.rawValue) | 0o2_000_000  // SOCK_CLOEXEC
        descriptor = OwnedDescriptor(owning: try systemCall("socket") { socket(family, type, 0) })
        self.deadline = deadline
        let number = descriptor.number
        // Each send leaves at once, as a segment of its own.
        var noDelay: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        try systemCall("connect", on: address.description) { address.withSocketAddress { connect(number, $0, $1) } }
    }

    /// Sends bytes, all of them; false when the server has closed the connection.
    @discardableResult
    package func send(_ bytes: some Sequence<UInt8>) -> Bool {
        var left = Array(bytes)[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes {
                Glibc.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            left = left.dropFirst(count)
        }
        return true
    }

    /// Sends text as UTF-8; lines must end with `\r\n` by themselves.
    @discardableResult
    package func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Says that nothing more will be sent, and goes on reading.
    package func closeSending() {
        _ = shutdown(descriptor.number, Int32(SHUT_WR))
    }

    /// Makes the close that comes with the end of the connection a reset.
    package func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(
            descriptor.number,
            SOL_SOCKET,
            SO_LINGER,
            &option,
            socklen_t(MemoryLayout<linger>.size)
        )
    }

    /// The bytes that come next, at least one; none at the end of the stream or after a reset.
    package func read(within limit: Duration? = nil) throws(Failure) -> [UInt8] {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = (limit ?? deadline).components
        guard poll(&entry, 1, Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000)) > 0 else {
            throw .timedOut([])
        }
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor.number, &block, block.count, 0)
        return Array(block.prefix(max(count, 0)))
    }

    /// All bytes until the server closes the connection.
    package func readToEnd() throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            do {
                let block = try read()
                if block.isEmpty { return all }
                all += block
            } catch {
                throw .timedOut(all)
            }
        }
    }

    /// Whether the server closes the connection in time, whatever it sends before.
    package func isClosed() -> Bool {
        (try? readToEnd()) != nil
    }
}
