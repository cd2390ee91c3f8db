import Glibc
import Posix
import Threading

/// A server on loopback that does to each connection exactly what a test wrote down, right or wrong.
///
/// Each connection has a thread; ``stop()`` ends them all.
package final class LoopbackPeer: Sendable {
    private struct State {
        var open: Set<Int32> = []
        var threads: [WorkerThread] = []
        var requests: [PeerRequest] = []
        var connectionCount = 0
        var isStopped = false
    }

    /// The port it listens on at 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let state = Monitor(State())
    private let acceptor = Monitor<WorkerThread?>(nil)

    /// Starts to listen and runs `script` for each connection, which ends when the script does.
    ///
    /// - Parameter script: What to do, with the connection and its number from 0.
    package init(_ script: @escaping @Sendable (PeerConnection, Int) -> Void) {
        listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        precondition(listener >= 0, "no socket: \(errno)")
        port = bindToLoopback(listener)
        precondition(listen(listener, 128) == 0, "listen: \(errno)")
        let thread = WorkerThread(name: "peer-accept") { [self] in acceptAll(script) }
        acceptor.withLock { acceptor in acceptor = thread }
    }

    /// The URL of a path on it.
    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Every whole request that was read, in order.
    package var requests: [PeerRequest] { state.withLock { state in state.requests } }

    /// How many connections there were.
    package var connectionCount: Int { state.withLock { state in state.connectionCount } }

    /// Ends every connection and thread; must be called.
    package func stop() {
        let threads = state.withLock { state in
            state.isStopped = true
            for descriptor in state.open {
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
            return state.threads
        }
        shutdown(listener, Int32(SHUT_RDWR))
        acceptor.withLock { acceptor in acceptor }?.join()
        for thread in threads {
            thread.join()
        }
        close(listener)
    }

    private func acceptAll(_ script: @escaping @Sendable (PeerConnection, Int) -> Void) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard descriptor >= 0 else { return }
            let isStopped = state.withLock { state in
                guard !state.isStopped else { return true }
                let number = state.connectionCount
                state.connectionCount += 1
                state.open.insert(descriptor)
                let thread = WorkerThread(name: "peer") { [self] in
                    script(PeerConnection(descriptor) { self.record($0) }, number)
                    self.end(descriptor)
                }
                state.threads.append(thread)
                return false
            }
            if isStopped {
                close(descriptor)
            }
        }
    }

    private func record(_ request: PeerRequest) {
        state.withLock { state in state.requests.append(request) }
    }

    private func end(_ descriptor: Int32) {
        // Closed under the lock, so that `stop` never shuts down somebody else's descriptor of the same number.
        state.withLock { state in
            state.open.remove(descriptor)
            close(descriptor)
        }
    }
}

/// One request as a peer read it.
package struct PeerRequest: Sendable, Equatable {
    /// The request line and the header lines.
    package let lines: [String]
    /// The body.
    package let body: [UInt8]

    /// The method, like `POST`.
    package var method: String { String(lines[0].prefix { $0 != " " }) }

    /// The path and the query.
    package var target: String { String(lines[0].split(separator: " ")[1]) }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? {
        lines.dropFirst().first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }
}

private func bindToLoopback(_ descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
        }
    }
    precondition(code == 0, "bind: \(errno)")
    return UInt16(bigEndian: address.sin_port)
}
