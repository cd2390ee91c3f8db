import Crypto
import FoundationEssentials
import TestSupport
import Testing

/// What was delivered is what is kept and what is passed on, to the byte.
@Suite(.blocking) struct BodyFidelityTests {
    private struct Vector: Decodable {
        enum CodingKeys: String, CodingKey {
            case headers, body
            case bodyDigest = "body_sha256_hex"
        }

        let headers: [String: String?]
        let body: String
        let bodyDigest: String
    }

    private func vector() throws -> Vector {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/real-delivery.json")
        return try JSONDecoder().decode(Vector.self, from: Data(contentsOf: path))
    }

    /// The bytes between `"data":` and the checksum, which is where the line's last member stands.
    private func data(of line: String) throws -> [UInt8] {
        let bytes = Array(line.utf8)
        let start = try #require(bytes.firstRange(of: Array("\"data\":".utf8))).upperBound
        let end = bytes.count - ",\"crc32c\":\"00000000\"}".utf8.count
        try #require(bytes[end...].starts(with: Array(",\"crc32c\":\"".utf8)))
        return Array(bytes[start..<end])
    }

    private func hex(_ bytes: [UInt8]) -> String { "\(SHA256.digest(bytes.span).hex)" }

    @Test func aRealDeliveryIsIntactInTheJournalAndOutOfTheSocket() async throws {
        let vector = try vector()
        let body = Array(vector.body.utf8)
        #expect(hex(body) == vector.bodyDigest)
        let requestID = try #require(vector.headers[Delivery.requestIDName] ?? nil)
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery(requestID, body: body)).id == "1")

        let stored = try #require(try service.journalLines.first)
        #expect(try hex(data(of: stored)) == vector.bodyDigest)
        let subscription = "{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}"
        let passedOn = try #require(try Subscriber(service.socket, subscription).eventsUntilClosed().first).line
        #expect(passedOn == stored)
        #expect(try hex(data(of: passedOn)) == vector.bodyDigest)
        #expect(passedOn.contains("\"seed\": 17454220438242315174,"))
        let listened = try Program.run([
            "listen", "--socket", service.socket, "--from", "first", "--until", "now", "--format", "json",
        ])
        #expect(listened.exit == .code(0))
        #expect(listened.output == stored + "\n")
    }

    @Test(arguments: [
        "{\n  \"request_id\": \"lines\",\n  \"status\": \"OK\",\n  \"payload\": {\"seed\": 17454220438242315174}\n}\n",
        "{\"request_id\":\"lines\",\r\n\"status\":\"OK\"}",
        "\n\n{\"request_id\":\"lines\",\"status\":\"OK\"}",
    ])
    func aBodyOfSeveralLinesIsKeptInBase64(body: String) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery("lines", body: Array(body.utf8))).id == "1")
        #expect(try service.journalLines.count == 1)
        let event = try #require(try service.events().first)
        #expect(event["data"] == nil)
        let decoded = try #require(event["data_base64"]?.string.flatMap { Data(base64Encoded: $0) })
        #expect(Array(decoded) == Array(body.utf8))
        // A restart recognises it.
        #expect(service.stop() == .code(0))
        let restarted = try await Service.ready(in: directory)
        #expect(try restarted.deliver(Delivery("lines", body: Array(body.utf8))).word == "duplicate")
    }

    private static let payloads = [
        "1e400", "-0", "0.1e-7", "123456789012345678901234567890", "1.0", "[1,2 ,  3]", "{\"b\":1,\"a\":2,\"b\":3}",
        "\"\\u00e9\\ud83e\\udd85\\/\"", "\"é🦅\u{2028}\u{7F}\"", "\"\\ud800\"",
        "\"\\\"data\\\":1,\\\"crc32c\\\":\\\"00000000\\\"}\"",
        "\"</script>\"", "{}", "true", "\t 1 \t",
    ]

    @Test func aSingleLineIsKeptVerbatim() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let bodies = Self.payloads.enumerated().map { number, payload in
            "{\"request_id\":\"verbatim-\(number)\",\"status\":\"OK\",\"payload\":\(payload)}"
        }
        for (number, body) in bodies.enumerated() {
            #expect(
                try service.deliver(Delivery("verbatim-\(number)", body: Array(body.utf8))).id == "\(number + 1)",
                "\(body)"
            )
        }
        let lines = try service.journalLines
        for (line, body) in zip(lines, bodies) { #expect(try data(of: line) == Array(body.utf8)) }
        // Not every reader takes every JSON text, so the lines are compared unread.
        let subscriber = try Subscriber(
            service.socket,
            "{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}"
        )
        #expect(subscriber.nextLine()?.contains("\"hello\"") == true)
        for line in lines { #expect(subscriber.nextLine() == line) }
        #expect(subscriber.nextLine()?.contains("caught_up") == true)
        #expect(lines.count == bodies.count)
    }
}
