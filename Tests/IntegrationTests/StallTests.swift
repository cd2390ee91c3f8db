import FoundationEssentials
import LoadGenerator
import TestSupport
import Testing

/// libmicrohttpd's own epoll threads can stop for good when exactly 128 connections are ready at once
/// (`MHD_epoll` in src/microhttpd/daemon.c of 0.9.75 waits again without a limit after a full batch of events), so the
/// server brings its own loops; this is the load under which the library's stop.
@Suite(.blocking, .serialized) struct StallTests {
    /// Seconds a run lasts; `FALCONER_STALL_SECONDS` makes it more.
    static let seconds = ProcessInfo.processInfo.environment["FALCONER_STALL_SECONDS"].flatMap { Int($0) } ?? 2

    @Test(arguments: [128, 256, 257])
    func noKeepAliveConnectionIsLeftWithoutAnAnswer(connections: Int) throws {
        let service = try Service(in: TemporaryDirectory())
        let deliveries = try SignedDelivery.many(Self.seconds * 12_000, prefix: "stall", key: Service.key)
        let load = Load(
            port: service.port,
            connections: connections,
            limit: .seconds(Self.seconds + 10),
            sendingTime: .seconds(Self.seconds)
        )
        let result = load.run(deliveries)
        #expect(result.unanswered == 0)
        #expect(result.refusedConnections == 0)
        #expect(Set(result.answers.keys) == [200])
        print(
            "\(connections) connections: \(result.answers[200] ?? 0) answers in \(result.elapsed), unanswered \(result.unanswered)"
        )
        #expect(service.stop() == .code(0))
    }
}
