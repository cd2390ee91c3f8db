import Crypto
import Glibc
import LoadGenerator
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Benchmark

/// What some subscribers do is nobody else's trouble, through the whole program.
@Suite(.blocking) struct SubscriberIsolationTests {
    @Test func whoStopsTricklesOrSendsGarbageHoldsUpNobodyAndCostsNoMemory() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--subscribers", "200", "--subscribers-per-user", "200"])
        let before = try #require(ProcessUsage(of: service.process.processID)).residentBytes
        let manners =
            [SubscriberSwarm.Manner](repeating: .stopped, count: 20) + .init(repeating: .trickling, count: 20)
            + .init(repeating: .live, count: 60)
        let swarm = try SubscriberSwarm(service.socket, after: 0, manners)
        let garbage = try (0..<10).map { try Garbage(service.socket, seed: UInt8($0), bytes: 300_000, endsLines: true) }
        let endless = try (0..<10).map {
            try Garbage(service.socket, seed: UInt8($0), bytes: 2 << 20, endsLines: false)
        }
        let deliveries = try SignedDelivery.many(300, prefix: "crowd", padding: 2_000, key: Service.key)
        let result = Load(port: service.port, connections: 8, limit: .seconds(60)).run(deliveries)
        #expect(result.stored.count == 300)
        #expect(await eventually { swarm.slowest == 300 })
        for audit in try swarm.finish() { #expect(audit.violations == 0 && audit.last == 300) }
        for client in garbage { #expect(client.finish().contains(#""code":"bad_json""#)) }
        for client in endless { #expect(client.finish().contains(#""code":"line_too_long""#)) }
        // Sixty megabytes of events were sent, and twenty of garbage.
        let after = try #require(ProcessUsage(of: service.process.processID)).peakBytes
        #expect(after < before + 48 << 20, "\(before >> 20) MiB before, at most \(after >> 20) MiB")
        #expect(service.stop() == .code(0))
    }

    @Test func eachCapHasItsOwnError() async throws {
        for (options, code) in [
            (["--subscribers", "2"], "too_many_connections"),
            (["--subscribers-per-user", "2"], "too_many_connections_of_user"),
        ] {
            let service = try await Service.ready(in: TemporaryDirectory(), options)
            let first = try [Subscriber(service.socket, ""), Subscriber(service.socket, "")]
            for subscriber in first { #expect(subscriber.nextLine()?.contains("hello") == true) }
            #expect(try Subscriber(service.socket, "").next(frame: "error")?["code"]?.string == code)
            #expect(service.stop() == .code(0))
        }
    }

    @Test(arguments: ["--subscribers", "--subscribers-per-user"]) func aCapHasBounds(_ option: String) throws {
        for (value, code) in [("0", Int32(64)), ("65537", 64), ("65536", 0)] {
            #expect(try Program.run(["config", "show", option, value]).exit == .code(code), "\(option) \(value)")
        }
    }
}

/// A client that sends what nobody can use, on a thread of its own, and keeps what it is told that is no event.
private final class Garbage {
    private let heard = Monitor("")
    private let thread: WorkerThread

    init(_ socket: String, seed: UInt8, bytes count: Int, endsLines: Bool) throws {
        var next = seed
        let bytes = (0..<count).map { offset -> UInt8 in
            if endsLines, offset % 1_000 == 999 { return 0x0A }
            next = next &* 165 &+ 13
            return next == 0x0A || next == 0x0D ? 0x78 : next
        }
        let number = try UnixSocket.connect(to: UnixSocketPath(socket)).release()
        let heard = heard
        thread = WorkerThread(name: "garbage") {
            let descriptor = OwnedDescriptor(owning: number)
            var sent = 0
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                var polled = pollfd(fd: number, events: Int16(sent < count ? POLLIN | POLLOUT : POLLIN), revents: 0)
                guard poll(&polled, 1, 10_000) > 0 else { break }
                if sent < count {
                    switch UnixSocket.send(bytes.span.extracting(sent...), to: number) {
                    case .bytes(let more): sent += more
                    case .wouldBlock: break
                    case .closed: sent = count
                    }
                    if sent == count { UnixSocket.endWriting(on: number) }
                }
                switch UnixSocket.receive(into: &buffer, from: number) {
                case .bytes(let came):
                    let text = String(decoding: buffer[..<came], as: UTF8.self)
                    heard.withLock { if $0.utf8.count < 1_000_000 { $0 += text } }
                    continue
                case .wouldBlock: continue
                case .ended: break
                }
                break
            }
            withExtendedLifetime(descriptor) {}
        }
    }

    /// What it was told.
    func finish() -> String {
        thread.join()
        return heard.withLock { $0 }
    }
}
