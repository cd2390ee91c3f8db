import EventStream
import Glibc
import JSONText
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

/// A server on a socket of its own, over a journal in memory.
final class TestServer: Sendable {
    let directory: TemporaryDirectory
    let log: MemoryLog
    let commands = RecordedCommands()
    let server: EventStreamServer

    var path: String { directory.file("events.sock").string }

    init(
        events: Int = 0,
        directory: TemporaryDirectory = TemporaryDirectory(),
        _ change: (inout EventStreamLimits) -> Void = { _ in }
    ) throws {
        self.directory = directory
        log = MemoryLog(count: events)
        var limits = EventStreamLimits()
        change(&limits)
        server = try EventStreamServer.start(
            path: directory.file("events.sock").string,
            consumersDirectory: directory.file("consumers").string,
            log: log,
            commands: commands,
            limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func append(_ count: Int, type: String? = nil, padding: Int = 0) {
        log.append(count, type: type, padding: padding)
        server.eventsBecameDurable()
    }

    /// Connects, and takes the greeting.
    func connect() throws -> TestClient {
        let client = try TestClient(path: path)
        let hello = try client.line()
        #expect(hello?.hasPrefix(#"{"frame":"hello","protocol":1,"source":"urn:uuid:"#) == true)
        return client
    }
}

/// A client that says and reads text.
final class TestClient {
    let client: EventStreamClient

    init(path: String) throws {
        client = try EventStreamClient.connect(path: path, timeout: .seconds(5))
    }

    func say(_ line: String) throws {
        try client.send(Array(line.utf8), deadline: .now + .seconds(5))
    }

    /// The next line; nil at the end.
    func line(within limit: Duration = .seconds(10)) throws -> String? {
        try client.nextLine(deadline: .now + limit).map { String(decoding: $0, as: UTF8.self) }
    }

    func parsed() throws -> StreamLine? {
        try client.nextLine(deadline: .now + .seconds(10)).map { try StreamLine($0) }
    }

    func lines(_ count: Int) throws -> [String] {
        var lines: [String] = []
        while lines.count < count, let line = try line() { lines.append(line) }
        return lines
    }

    /// Everything up to the end.
    func rest() throws -> [String] {
        var lines: [String] = []
        while let line = try line() { lines.append(line) }
        return lines
    }
}

/// A connection without any courtesy: bytes in and out, nothing understood.
final class RawClient: Sendable {
    let descriptor: OwnedDescriptor

    /// Connects; a backlog that is full at the moment is waited for.
    init(path: String) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do throws(UnixSocketError) {
                descriptor = try UnixSocket.connect(to: UnixSocketPath(path))
                return
            } catch {
                guard case .inUse = error, ContinuousClock.now < deadline else { throw error }
                sched_yield()
            }
        }
    }

    /// Sends all, waiting for room; false when the server is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        let deadline = ContinuousClock.now + .seconds(10)
        while offset < bytes.count, ContinuousClock.now < deadline {
            switch UnixSocket.send(bytes.span.extracting(offset..<bytes.count), to: descriptor.number) {
            case .bytes(let count): offset += count
            case .wouldBlock: wait(Int16(POLLOUT), 100)
            case .closed: return false
            }
        }
        return offset == bytes.count
    }

    /// Sends until there was no room for a while; false when the server is gone.
    func sendUntilHeldUp(_ bytes: [UInt8], _ sent: inout Int) -> Bool {
        var refusals = 0
        while sent < bytes.count, refusals < 5 {
            switch UnixSocket.send(bytes.span.extracting(sent..<bytes.count), to: descriptor.number) {
            case .bytes(let count):
                sent += count
                refusals = 0
            case .wouldBlock:
                refusals += 1
                wait(Int16(POLLOUT), 50)
            case .closed: return false
            }
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads `count` bytes at most at a time, until the end or until `isEnough`.
    func read(atOnce count: Int = 65_536, until isEnough: (([UInt8]) -> Bool)? = nil) -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: count)
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let isEnough, isEnough(all) { return all }
            switch UnixSocket.receive(into: &chunk, from: descriptor.number) {
            case .bytes(let received): all += chunk[..<received]
            case .wouldBlock: wait(Int16(POLLIN), 100)
            case .ended: return all
            }
        }
        return all
    }

    func text(until isEnough: ((String) -> Bool)? = nil) -> String {
        let bytes = read { bytes in isEnough.map { $0(String(decoding: bytes, as: UTF8.self)) } ?? false }
        return String(decoding: bytes, as: UTF8.self)
    }

    func endWriting() { UnixSocket.endWriting(on: descriptor.number) }

    private func wait(_ events: Int16, _ milliseconds: Int32) {
        var entry = pollfd(fd: descriptor.number, events: events, revents: 0)
        _ = poll(&entry, 1, milliseconds)
    }
}

/// Commands: `echo` answers at once, `hold` keeps the reply for the test, `drop` forgets it.
final class RecordedCommands: CommandHandler {
    let operations: Set<String> = ["echo", "hold", "drop"]
    let held = Monitor<[CommandReply]>([])
    let peers = Monitor<[PeerCredentials]>([])

    func handle(op: String, line: [UInt8], peer: PeerCredentials, reply: CommandReply) {
        peers.withLock { $0.append(peer) }
        switch op {
        case "echo": reply.finish(Array(#"{"bytes":\#(line.count)}"#.utf8))
        case "hold": held.withLock { $0.append(reply) }
        default: break
        }
    }

    var heldCount: Int { held.withLock { $0.count } }
    func takeHeld() -> [CommandReply] {
        held.withLock { held in
            let taken = held
            held = []
            return taken
        }
    }
}

func data(_ text: String) -> [UInt8] { Array(text.utf8) }
