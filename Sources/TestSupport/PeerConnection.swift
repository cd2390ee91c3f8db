import Glibc

/// One connection of a ``LoopbackPeer``, used on its thread only.
package final class PeerConnection {
    private let descriptor: Int32
    private let record: (PeerRequest) -> Void
    private var unread: [UInt8] = []

    init(_ descriptor: Int32, _ record: @escaping (PeerRequest) -> Void) {
        self.descriptor = descriptor
        self.record = record
    }

    /// Reads one request to the end of its body; nil when the connection ended before.
    @discardableResult
    package func readRequest() -> PeerRequest? {
        let blank = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if let end = index(of: blank, from: max(0, searched - 3)) {
                let head = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeFirst(end + blank.count)
                let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
                let length = PeerRequest(lines: lines, body: []).header("Content-Length").flatMap { Int($0) } ?? 0
                guard let body = readBody(length) else { return nil }
                let request = PeerRequest(lines: lines, body: body)
                record(request)
                return request
            }
            searched = unread.count
            guard readMore() else { return nil }
        }
    }

    /// Reads until at least so many bytes came, and drops them; false when the connection ended before.
    @discardableResult
    package func read(atLeast count: Int) -> Bool {
        while unread.count < count {
            guard readMore() else { return false }
        }
        unread = []
        return true
    }

    /// Reads and drops until the other side closes.
    package func readUntilClosed() {
        while readMore() {
            unread = []
        }
    }

    /// Waits until something can be read, and reads nothing.
    package func waitUntilReadable() {
        wait(for: Int16(POLLIN))
    }

    /// Waits, reading nothing, until the other side or the peer's `stop` ends the connection.
    package func waitForStop() {
        // Without POLLIN only a connection ended on both sides, or a reset one, is reported (poll(2)).
        wait(for: 0)
    }

    private func wait(for events: Int16) {
        var descriptors = pollfd(fd: descriptor, events: events, revents: 0)
        while unsafe poll(&descriptors, 1, -1) < 0, errno == EINTR {}
    }

    /// Writes a text; what the other side no longer takes is dropped.
    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Writes bytes; what the other side no longer takes is dropped.
    package func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor,
                    buffer.baseAddress?.advanced(by: written),
                    buffer.count - written,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            written += count
        }
    }

    /// Makes the end that follows a reset instead of an orderly one (socket(7), `SO_LINGER`).
    package func resetAtEnd() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    private func readBody(_ length: Int) -> [UInt8]? {
        while unread.count < length {
            guard readMore() else { return nil }
        }
        let body = Array(unread[..<length])
        unread.removeFirst(length)
        return body
    }

    private func readMore() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            unread += piece.prefix(count)
            return true
        }
    }

    private func index(of pattern: [UInt8], from start: Int) -> Int? {
        guard unread.count >= pattern.count else { return nil }
        return (start...(unread.count - pattern.count)).first { unread[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
