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
        /// The last id that it acknowledged.
        var acknowledged: UInt64 = 0
        /// The last id whose acknowledgement it was told is on disk.
        var settled: UInt64 = 0
    }

    /// After how many events a named consumer acknowledges what it was given.
    static let eventsPerAcknowledgement = 8

    private let given = Monitor(Given())
    private let thread: WorkerThread

    /// Subscribes to everything after an id.
    convenience init(_ socket: String, after id: UInt64) throws {
        try self.init(socket, "{\"op\":\"subscribe\",\"after\":\"\(id)\"}", acknowledges: false)
    }

    /// Goes on where a named consumer is, and acknowledges.
    convenience init(_ socket: String, consumer: String) throws {
        try self.init(socket, "{\"op\":\"subscribe\",\"consumer\":\"\(consumer)\"}", acknowledges: true)
    }

    private init(_ socket: String, _ request: String, acknowledges: Bool) throws {
        let descriptor = try UnixSocket.connect(to: UnixSocketPath(socket))
        let bytes = Array("\(request)\n".utf8)
        _ = UnixSocket.send(bytes.span, to: descriptor.number)
        let number = dup(descriptor.number)
        let given = given
        thread = WorkerThread(name: "tap") {
            follow(number) { line in
                let due = given.withLock { $0.take(line, acknowledges: acknowledges) }
                guard let due else { return true }
                let ack = Array("{\"op\":\"ack\",\"id\":\"\(due)\",\"sync\":true}\n".utf8)
                _ = UnixSocket.send(ack.span, to: number)
                return true
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

extension EventTap.Given {
    /// Takes in a line, and returns the id that is to be acknowledged now.
    fileprivate mutating func take(_ line: [UInt8], acknowledges: Bool) -> UInt64? {
        if line.starts(with: Array("{\"frame\":\"gap\"".utf8)) { gaps += 1 }
        if line.starts(with: Array("{\"frame\":\"acked\"".utf8)) {
            let text = String(decoding: line, as: UTF8.self).split(separator: "\"")
            settled = text.firstIndex(of: "id").flatMap { UInt64(text[$0 + 2]) } ?? settled
        }
        guard line.starts(with: Array("{\"specversion\"".utf8)) else { return nil }
        lines.append(line)
        guard acknowledges, lines.count.isMultiple(of: EventTap.eventsPerAcknowledgement),
            let id = line.withUnsafeBytes({ try? JournalLine($0).id })
        else { return nil }
        acknowledged = id
        return id
    }
}

/// Reads lines until the other side is gone or `take` says false; a last one that is not whole is none.
func follow(_ descriptor: Int32, _ take: ([UInt8]) -> Bool) {
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
                let line = Array(rest[..<lineFeed])
                rest.removeFirst(lineFeed + 1)
                if !take(line) { return }
            }
        }
    }
}
