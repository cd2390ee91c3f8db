import Posix
import TestSupport
import Testing

/// The rows of the hook's table that end in 200.
@Suite(.blocking) struct HookStoringTests {
    @Test func aVerifiedDeliveryIsStoredAndItsRepetitionNamesTheSameEvent() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let delivery = try Delivery("first")
        let stored = try service.deliver(delivery)
        #expect(stored.status == 200)
        #expect(stored.text == #"{"status":"stored","id":"1"}"#)
        #expect(stored.header("content-type") == "application/json")
        #expect(try service.deliver(delivery).text == #"{"status":"duplicate","id":"1"}"#)
        // fal signs anew when it tries again: the same outcome with another timestamp is the same delivery.
        let again = try Delivery("first", timestamp: "\(WallTime.now.seconds - 7)")
        #expect(try service.deliver(again).text == #"{"status":"duplicate","id":"1"}"#)
        #expect(try service.journalLines.count == 1)
        let event = try #require(try service.events().first)
        #expect(event["type"]?.string == "fal.request.succeeded")
        #expect(event["subject"]?.string == "first")
        #expect(event["origin"]?.string == "webhook")
        #expect(event["faluserid"]?.string == "auth0|falconer")
        #expect(event["falsignature"]?.string == delivery.value(Delivery.signatureName))
    }

    @Test func theSameDeliveryOnManyConnectionsAtOnceIsOneEventAndEveryAnswerNamesIt() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let bytes = try Delivery("crowd").bytes
        let connections = try (0..<64).map { _ in try service.connect() }
        for connection in connections { connection.send(bytes.dropLast()) }
        for connection in connections { connection.send(bytes.suffix(1)) }
        let answers = try connections.map { connection in
            var reader = RawResponseReader(connection)
            return try reader.next()
        }
        #expect(answers.allSatisfy { $0.status == 200 && $0.id == "1" })
        #expect(answers.filter { $0.word == "stored" }.count == 1)
        #expect(answers.filter { $0.word == "duplicate" }.count == 63)
        #expect(try service.journalLines.count == 1)
    }

    @Test func aSecondDifferentOutcomeIsStoredAsAConflictOnce() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery("twice", text: "one")).id == "1")
        let other = try Delivery("twice", text: "another")
        #expect(try service.deliver(other).text == #"{"status":"stored","id":"2"}"#)
        #expect(try service.deliver(other).text == #"{"status":"duplicate","id":"2"}"#)
        #expect(try service.deliver(Delivery("twice", text: "one")).text == #"{"status":"duplicate","id":"1"}"#)
        let types = try service.events().map { $0["type"]?.string }
        #expect(types == ["fal.request.succeeded", "fal.request.conflict"])
    }

    @Test func differentOutcomesOfOneRequestAtOnceAreOneOutcomeAndConflicts() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let deliveries = try (0..<16).map { try Delivery("torn", text: "version \($0)") }
        let connections = try deliveries.map { _ in try service.connect() }
        for (connection, delivery) in zip(connections, deliveries) { connection.send(delivery.bytes) }
        let answers = try connections.map { connection in
            var reader = RawResponseReader(connection)
            return try reader.next()
        }
        #expect(answers.allSatisfy { $0.status == 200 && $0.word == "stored" })
        #expect(Set(answers.compactMap(\.id)).count == 16)
        let types = try service.events().map { $0["type"]?.string }
        #expect(types.first == "fal.request.succeeded")
        #expect(types.filter { $0 == "fal.request.conflict" }.count == 15)
    }

    @Test func aFailureIsAnEventOfItsOwnType() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let body = #"{"request_id":"bad","status":"ERROR","error":"Invalid status code: 422","payload":{"detail":[]}}"#
        #expect(try service.deliver(Delivery("bad", body: Array(body.utf8))).status == 200)
        #expect(try service.events().first?["type"]?.string == "fal.request.failed")
    }

    @Test(arguments: ["/fal/no-token-of-ours", "/fal/%00%ff", "/fal/", "/fal?source=proxy"])
    func aPathWithoutATokenOfOursStoresWithoutASubmission(path: String) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery("strange").to(path)).text == #"{"status":"stored","id":"1"}"#)
        let event = try #require(try service.events().first)
        #expect(event["submission"] == nil)
        #expect(event["endpoint"] == nil)
    }

    @Test(arguments: [1, 7, 64, 100_000])
    func aChunkedDeliveryIsStored(chunk: Int) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery("chunked").chunked(chunk)).id == "1")
        #expect(try service.journalLines.first?.contains(Delivery.body("chunked")) == true)
    }

    @Test func aReadyServiceSaysSo() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let health = try service.get("/healthz")
        #expect(health.status == 200)
        #expect(health.word == "ready")
        // HEAD is GET without the body (RFC 9110, 9.3.2).
        let connection = try service.connect()
        connection.send("HEAD /healthz HTTP/1.1\r\nHost: hook\r\n\r\n")
        var reader = RawResponseReader(connection)
        #expect(try reader.next(hasBody: false).status == 200)
    }
}
