import Crypto
import SystemPackage
import TestSupport
import Testing

/// Where the keys come from, what happens when they do not come, and when they change.
@Suite(.blocking) struct KeySetTests {
    private static let other = HookRefusalTests.stranger

    /// An address where nobody listens.
    private static func unreachable() -> String {
        let peer = LoopbackPeer { _, _ in }
        defer { peer.stop() }
        return peer.url("/jwks.json")
    }

    @Test func withoutAKeySetEveryDeliveryIs503WhateverItsSignature() async throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory, ["--keys", Self.unreachable()])
        let deliveries = try [
            Delivery("early"), Delivery("early", key: Self.other), Delivery("early", timestamp: "1"),
            Delivery("early").chunked(10),
        ]
        for delivery in deliveries {
            let answer = try service.deliver(delivery)
            #expect(answer.status == 503)
            #expect(answer.header("retry-after").flatMap { Int($0) }.map { $0 > 0 } == true)
        }
        let health = try service.get("/healthz")
        #expect(health.status == 503)
        #expect(health.header("retry-after") != nil)
        #expect(try service.journalLines.isEmpty)
        let rejections = try Program.run(["rejections", "--socket", service.socket, "--format", "json"])
        #expect(rejections.output.contains("\"key_set_missing\":4"))
        // Our own lack costs the sender nothing: still no 429.
        for _ in 0..<80 { #expect(try service.deliver(deliveries[0]).status == 503) }
        #expect(service.stop() == .code(0))
    }

    @Test(arguments: [
        "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 X\r\nContent-Length: 3\r\n\r\nhi!",
        "HTTP/1.1 200 X\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}", "HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{",
        "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "garbage\r\n\r\n", "",
        "HTTP/1.1 200 X\r\nContent-Length: 999999999999\r\n\r\n", "HTTP/1.1 204 X\r\n\r\n",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + String(repeating: "a", count: 400_000),
    ])
    func aKeySetThatIsNoneIsAskedForAgainUntilItIs(answer: String) async throws {
        let directory = TemporaryDirectory()
        let sick = answer
        let healthy = KeySetServer.response(200, Service.keySet([Service.key]))
        let peer = LoopbackPeer { connection, number in
            guard connection.readRequest() != nil else { return }
            connection.write(number == 0 ? sick : healthy)
        }
        defer { peer.stop() }
        let service = try Service(in: directory, ["--keys", peer.url()])
        // The first attempt brings nothing; the next is a second later.
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        #expect(try service.deliver(Delivery("early")).status == 200)
        #expect(service.stop() == .code(0))
    }

    @Test func aKeyThatWasRotatedInIsFetchedOnceAndForgeriesCauseNoFetchAMinute() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        defer { server.stop() }
        let service = try await Service.ready(in: directory, ["--keys", server.url])
        #expect(try service.deliver(Delivery("before")).status == 200)
        #expect(server.fetches == 1)
        server.serve([Service.key, Self.other])
        #expect(try service.deliver(Delivery("rotated", key: Self.other)).text == #"{"status":"stored","id":"2"}"#)
        #expect(server.fetches == 2)
        #expect(try service.deliver(Delivery("again", key: Self.other)).status == 200)
        let third = try Ed25519PrivateKey(seed: [UInt8](repeating: 11, count: 32).span)
        for number in 0..<50 {
            #expect(try service.deliver(Delivery("forged-\(number)", key: third)).status == 401)
        }
        #expect(server.fetches == 2)
        #expect(try service.deliver(Delivery("after")).status == 200)
    }

    @Test func deliveriesOfANewKeyThatComeTogetherShareOneFetch() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        defer { server.stop() }
        let service = try await Service.ready(in: directory, ["--keys", server.url])
        server.serve([Self.other])
        let third = try Ed25519PrivateKey(seed: [UInt8](repeating: 11, count: 32).span)
        let deliveries = try (0..<40).map { try Delivery("together-\($0)", key: $0 % 2 == 0 ? Self.other : third) }
        let connections = try deliveries.map { _ in try service.connect() }
        for (connection, delivery) in zip(connections, deliveries) { connection.send(delivery.bytes) }
        for (number, connection) in connections.enumerated() {
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == (number % 2 == 0 ? 200 : 401))
        }
        #expect(server.fetches == 2)
        #expect(try service.journalLines.count == 20)
        // The key that is no longer in the set no longer counts.
        #expect(try service.deliver(Delivery("withdrawn")).status == 401)
    }

    @Test func keysInAFileAreInUseWhenTheServiceSaysWhereItListens() throws {
        for number in 0..<5 {
            let service = try Service(in: TemporaryDirectory())
            #expect(try service.deliver(Delivery("at-once")).status == 200, "start \(number)")
        }
    }

    @Test func aKeyWrittenIntoTheFileAfterTheStartIsRead() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        try Service.keySet([Service.key, Self.other]).write(toFile: directory.file("jwks.json").string)
        #expect(try service.deliver(Delivery("new", key: Self.other)).status == 200)
    }

    @Test func aRefetchThatFailsLeavesTheOldKeysInUse() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        let service = try await Service.ready(in: directory, ["--keys", server.url])
        server.stop()
        #expect(try service.deliver(Delivery("forged", key: Self.other)).status == 401)
        #expect(try service.deliver(Delivery("good")).status == 200)
        #expect(try service.get("/healthz").status == 200)
    }

    @Test func aServiceThatStopsWhileItFetchesAnswersWhoWaits() async throws {
        let directory = TemporaryDirectory()
        let peer = LoopbackPeer { connection, number in
            guard connection.readRequest() != nil else { return }
            guard number > 0 else {
                connection.write(KeySetServer.response(200, Service.keySet([Service.key]), "Connection: close\r\n"))
                return
            }
            connection.waitForStop()
        }
        defer { peer.stop() }
        let service = try await Service.ready(in: directory, ["--keys", peer.url()])
        let waiting = try service.connect()
        waiting.send(try Delivery("waiting", key: Self.other).bytes)
        #expect(await eventually { peer.requests.count >= 2 })
        // The others are not held up.
        #expect(try service.deliver(Delivery("other")).status == 200)
        #expect(service.stop(within: .seconds(5)) == .code(0))
        var reader = RawResponseReader(waiting)
        #expect(try [401, 503].contains(reader.next().status))
    }

    @Test func aRestartDuringAnOutageVerifiesWithTheKeysThatWereKept() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        let url = server.url
        let first = try await Service.ready(in: directory, ["--keys", url])
        #expect(try first.deliver(Delivery("before")).status == 200)
        #expect(first.stop() == .code(0))
        server.stop()
        let second = try await Service.ready(in: directory, ["--keys", url])
        #expect(try second.deliver(Delivery("during")).text == #"{"status":"stored","id":"2"}"#)
        #expect(try second.deliver(Delivery("forged", key: Self.other)).status == 401)
        #expect(second.stop() == .code(0))
    }

    @Test func keysThatWereKeptFromAnotherSourceAreNotUsed() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        let first = try await Service.ready(in: directory, ["--keys", server.url])
        #expect(first.stop() == .code(0))
        server.stop()
        let second = try Service(in: directory, ["--keys", Self.unreachable() + "?other"])
        #expect(try second.deliver(Delivery("trusted")).status == 503)
        #expect(try second.get("/healthz").status == 503)
        #expect(second.stop() == .code(0))
    }

    @Test(arguments: ["", "{", "{}", "[]", "{\"from\":\"URL\",\"fetched_at\":1,\"key_set\":{\"keys\":[]}}", "\u{0}"])
    func keptKeysThatAreDamagedAreFetchedAnew(content: String) async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        defer { server.stop() }
        let first = try await Service.ready(in: directory, ["--keys", server.url])
        #expect(first.stop() == .code(0))
        try content.replacing("URL", with: server.url).write(toFile: first.data.appending("keys.json").string)
        let second = try await Service.ready(in: directory, ["--keys", server.url])
        #expect(try second.deliver(Delivery("fetched")).status == 200)
        #expect(server.fetches == 2)
        #expect(second.stop() == .code(0))
    }
}
