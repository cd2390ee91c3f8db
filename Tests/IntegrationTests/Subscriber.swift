import FoundationEssentials
import Glibc
import Posix
import TestSupport

/// A client of the event socket, written without any code of ours that the service uses.
final class Subscriber {
    struct Event {
        let id: UInt64
        let line: String
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Connects and sends one line.
    init(_ path: String, _ line: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw SetUpFailure(description: "cannot connect to \(path): \(errno)") }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        send(line)
    }

    deinit {
        close(descriptor)
    }

    /// Sends a line.
    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// The next line; nil at the end, or when none has come for 30 seconds.
    func nextLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    /// The next line that is a frame of this kind, or the next event for nil.
    func next(frame: String?) throws -> [String: JSONValue]? {
        while let line = nextLine() {
            let members = try object(line)
            if members["frame"]?.string == frame { return members }
        }
        return nil
    }

    /// Every event until the service closes the connection.
    func eventsUntilClosed() -> [Event] {
        var events: [Event] = []
        while let line = nextLine() {
            guard let members = try? object(line), members["frame"] == nil,
                let id = members["id"]?.string.flatMap({ UInt64($0) })
            else { continue }
            events.append(Event(id: id, line: line))
        }
        return events
    }
}
