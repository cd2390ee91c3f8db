import Crypto
import FoundationEssentials
import Glibc
import Posix
import TestSupport
import Testing
import Threading

/// `falconer listen --forward-to`: what a receiver gets, and what becomes of its answers.
@Suite(.blocking) struct ForwardTests {
    private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    private func listen(_ harness: ExecHarness, to url: String, _ arguments: String...) throws -> ChildProcess {
        let file = harness.path("secret")
        try Self.secret.write(toFile: file)
        chmod(file, 0o600)
        return try harness.listen(["--forward-to", url, "--forward-secret-file", file, "--allow-private"] + arguments)
    }

    /// A receiver that answers each request by its number from 0.
    private func receiver(_ answer: @escaping @Sendable (PeerRequest, Int) -> String?) -> LoopbackPeer {
        LoopbackPeer { connection, number in
            guard let request = connection.readRequest(), let answer = answer(request, number) else { return }
            connection.write(answer)
        }
    }

    private static func response(_ status: Int, _ fields: String = "") -> String {
        "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\(fields)\r\n"
    }

    @Test func theReceiverGetsTheJournalsBytesSignedAsStandardWebhooksAre() async throws {
        let harness = try await ExecHarness(events: 3)
        let peer = receiver { _, _ in Self.response(204) }
        defer { peer.stop() }
        let listen = try listen(harness, to: peer.url("/hook?key=1"), "--count", "3")
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        #expect(peer.requests.map { String(decoding: $0.body, as: UTF8.self) } == (try harness.service.journalLines))
        let key = Array("0123456789abcdef0123456789abcdef".utf8)
        for (request, line) in zip(peer.requests, try harness.service.journalLines) {
            #expect(request.method == "POST")
            #expect(request.target == "/hook?key=1")
            #expect(request.header("Content-Type") == "application/cloudevents+json")
            #expect(request.header("Host") == "127.0.0.1:\(peer.port)")
            let event = try object(line)
            let source = try #require(event["source"]?.string).split(separator: ":").last ?? ""
            let id = "msg_\(source)_\(try #require(event["id"]?.string))"
            let time = try #require(request.header("webhook-timestamp").flatMap { Int64($0) })
            #expect(request.header("webhook-id") == id)
            #expect(abs(time - WallTime.now.seconds) < 60)
            let signed = Array("\(id).\(time).\(line)".utf8)
            let code = hmacSHA256(signed.span, key: key.span)
            #expect(request.header("webhook-signature") == "v1,\(Data(code).base64EncodedString())")
        }
        #expect(try harness.consumer()["cursor"]?.string == "3")
    }

    @Test func whatFailsIsSentAgainUnderTheSameID() async throws {
        let harness = try await ExecHarness(events: 1)
        let peer = receiver { _, number in
            switch number {
            case 0: Self.response(500)
            case 1: nil
            case 2: "nonsense\r\n\r\n"
            default: Self.response(200)
            }
        }
        defer { peer.stop() }
        let listen = try listen(harness, to: peer.url(), "--count", "1")
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        #expect(peer.requests.count == 4)
        #expect(Set(peer.requests.map { $0.header("webhook-id") }).count == 1)
        #expect(Set(peer.requests.map(\.body)).count == 1)
    }

    @Test(arguments: [429, 503]) func aBusyReceiverIsLeftAloneForAsLongAsItAsks(status: Int) async throws {
        let harness = try await ExecHarness(events: 1)
        let times = Monitor<[ContinuousClock.Instant]>([])
        let peer = receiver { _, number in
            times.withLock { $0.append(.now) }
            return number == 0 ? Self.response(status, "Retry-After: 1\r\n") : Self.response(200)
        }
        defer { peer.stop() }
        let listen = try listen(harness, to: peer.url(), "--count", "1")
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        let seen = times.withLock { $0 }
        #expect(seen.count == 2)
        // The answer leaves a little after its time was taken.
        #expect(seen[0].duration(to: seen[1]) >= .milliseconds(1_000))
    }

    @Test(arguments: [
        (410, 1, "the receiver answered 410"),
        (302, 2, "refused in 2 deliveries: the receiver answered 302: redirects are not followed"),
        (404, 2, "refused in 2 deliveries: the receiver answered 404"),
    ])
    func whatTheReceiverDoesNotTakeIsParkedWithTheReason(
        _ status: Int,
        _ tries: Int,
        _ reason: String
    ) async throws {
        let harness = try await ExecHarness(events: 2)
        let peer = receiver { request, _ in
            String(decoding: request.body, as: UTF8.self).contains("\"id\":\"1\"")
                ? Self.response(status, "Location: /elsewhere\r\n") : Self.response(200)
        }
        defer { peer.stop() }
        let listen = try listen(harness, to: peer.url("/hook"), "--max-deliveries", "2")
        let isParked = try await eventually { try !harness.parked().isEmpty }
        #expect(isParked, "\(listen.text(.standardError))")
        #expect(try harness.parked().first?["reason"]?.string == reason)
        #expect(try harness.parked().first?["id"]?.string == "1")
        #expect(await eventually { peer.requests.count == tries + 1 })
        #expect(peer.requests.allSatisfy { $0.target == "/hook" })
        listen.signal(SIGTERM)
        #expect(listen.waitForExit() == .code(0))
    }

    @Test(arguments: ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1"])
    func anAddressThatIsNotPublicIsRefusedUnlessItIsAllowed(host: String) throws {
        let run = try Program.run(
            ["listen", "--socket", "/nonexistent/s", "--consumer", "e", "--forward-to", "http://\(host):9/hook?key=1"]
        )
        #expect(run.exit == .code(64))
        #expect(run.error.contains("no public address") && run.error.contains("--allow-private"), "\(run.error)")
        #expect(!run.error.contains("key=1"))
    }

    @Test(arguments: [
        ["--forward-to", "http://h/"], ["--forward-to", "ftp://h/", "--consumer", "e"],
        ["--forward-to", "http://u:p@h/", "--consumer", "e"], ["--forward-to", "http://h/#x", "--consumer", "e"],
        ["--forward-to", "http://h/", "--consumer", "e", "--exec", "true"], ["--allow-private", "--consumer", "e"],
        ["--forward-to", "http://127.0.0.1/", "--allow-private", "--consumer", "../e"],
    ])
    func whatMakesNoSenseIsRefused(_ arguments: [String]) throws {
        #expect(try Program.run(["listen", "--socket", "/nonexistent/s"] + arguments).exit == .code(64))
    }

    @Test func everyEventArrivesWhileEverythingIsKilled() async throws {
        let count = 300
        let harness = try await ExecHarness(events: count)
        let taken = Monitor<[String]>([])
        // The second and the third hundred wait for their gate, so that what is killed is killed in the middle of its work.
        let gates = Monitor((open: 0, waited: 0))
        // It breaks off some connections and fails some requests.
        let peer = receiver { request, number in
            let name = request.header("webhook-id") ?? ""
            let gate = (Int(name.split(separator: "_").last ?? "") ?? 0) / 101
            gates.withLock { $0.waited = max($0.waited, gate) }
            gates.wait(until: { $0.open >= gate }, { _ in })
            if number % 7 == 3 { return nil }
            if number % 5 == 1 { return Self.response(500) }
            taken.withLock { $0.append(name) }
            return Self.response(200)
        }
        func open(_ gate: Int) {
            gates.withLock { $0.open = gate }
            gates.notifyAll()
        }
        defer {
            open(.max)
            peer.stop()
        }
        func waits(_ gate: Int) async -> Bool {
            await eventually { gates.withLock { $0.waited } >= gate }
        }
        var listen = try listen(harness, to: peer.url(), "--concurrency", "4", "--max-deliveries", "20")
        #expect(await waits(1), "\(listen.text(.standardError).suffix(1_000))")
        try await harness.killService()
        open(1)
        #expect(await waits(2), "\(listen.text(.standardError).suffix(1_000))")
        listen.signal(SIGKILL)
        #expect(listen.waitForExit() == .signal(SIGKILL))
        listen = try self.listen(harness, to: peer.url(), "--concurrency", "4")
        open(2)
        let isDone = await eventually { Set(taken.withLock { $0 }).count == count }
        #expect(isDone, "\(listen.text(.standardError).suffix(1_000))")
        #expect(try await eventually { try harness.consumer()["cursor"]?.string == "\(count)" })
        listen.signal(SIGTERM)
        #expect(listen.waitForExit() == .code(0))
        #expect(try harness.parked().isEmpty)
    }
}
