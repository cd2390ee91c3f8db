import Glibc
import Posix
import Threading

/// A subscriber that keeps what it is given, until the service is gone.
final class EventTap {
    /// What it was given.
    struct Given: Sendable {
        /// The event lines, without line feeds.
        var lines: [[UInt8]] = []
        /// How many gaps it was told of.
        var gaps = 0
    }

    private let given = Monitor(Given())
    private let thread: WorkerThread

    /// Subscribes to everything after an id.
    init(_ socket: String, after id: UInt64) throws {
        let descriptor = try UnixSocket.connect(to: UnixSocketPath(socket))
        let request = Array("{\"op\":\"subscribe\",\"after\":\"\(id)\"}\n".utf8)
        _ = UnixSocket.send(request.span, to: descriptor.number)
        let number = dup(descriptor.number)
        let given = given
        thread = WorkerThread(name: "tap") {
            follow(number) { line in
                given.withLock { given in
                    if line.starts(with: Array("{\"specversion\"".utf8)) { given.lines.append(line) }
                    if line.starts(with: Array("{\"frame\":\"gap\"".utf8)) { given.gaps += 1 }
                }
            }
            close(number)
        }
    }

    deinit {
        thread.join()
    }

    /// What it was given; waits until the service has closed the connection.
    func toTheEnd() -> Given {
        thread.join()
        return given.withLock { $0 }
    }
}

/// Reads lines until the other side is gone; a last one that is not whole is none.
func follow(_ descriptor: Int32, _ take: ([UInt8]) -> Void) {
    var rest: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // A service that says nothing for so long, not even a heartbeat, is not there.
        guard poll(&polled, 1, 60_000) > 0 else { return }
        switch UnixSocket.receive(into: &buffer, from: descriptor) {
        case .ended: return
        case .wouldBlock: continue
        case .bytes(let count):
            rest += buffer[..<count]
            while let lineFeed = rest.firstIndex(of: 0x0A) {
                take(Array(rest[..<lineFeed]))
                rest.removeFirst(lineFeed + 1)
            }
        }
    }
}
