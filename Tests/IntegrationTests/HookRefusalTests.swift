import Crypto
import FoundationEssentials
import Posix
import SystemPackage
import TestSupport
import Testing

/// The rows of the hook's table that end in 400, 401, 404, 405 and 429, and what is told of them to whom.
@Suite(.blocking) struct HookRefusalTests {
    @Test(arguments: Delivery.headerNames)
    func aHeaderThatIsMissingRepeatedOrMalformedIs400(name: String) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let delivery = try Delivery("form")
        #expect(try service.deliver(delivery.without(name)).status == 400)
        #expect(try service.deliver(delivery.adding(name, delivery.value(name))).status == 400)
        #expect(try service.deliver(delivery.adding(name.lowercased(), "other")).status == 400)
        for value in Self.malformed(name) {
            #expect(try service.deliver(delivery.with(name, value)).status == 400, "\(name): \(value.debugDescription)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    private static func malformed(_ name: String) -> [String] {
        switch name {
        case Delivery.requestIDName: ["", "two words", "naïve", String(repeating: "a", count: 257)]
        case Delivery.userIDName: ["", "tab\there", String(repeating: "a", count: 257)]
        case Delivery.timestampName: ["", "-1", "+1763821020", "1763821020.5", "0x10", "1e9", "1234567890123", "now"]
        default:
            ["", "zz", String(repeating: "g", count: 128), String(repeating: "a", count: 126) + "ä"]
                + [127, 129].map { String(repeating: "a", count: $0) }
        }
    }

    @Test func identifiersOfTheGreatestLengthAreTaken() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let id = String(repeating: "r", count: 256)
        #expect(try service.deliver(Delivery(id, account: String(repeating: "a", count: 256))).status == 200)
        #expect(try service.deliver(Delivery("ümlaut", account: "auth0|ünï")).status == 400)
        #expect(try service.deliver(Delivery("plain", account: "auth0|ünï")).status == 200)
    }

    private static let noWebhooks = [
        "", "   ", "not json", "[]", "null", "\"text\"", "{}", "{\"request_id\":\"shape\"}",
        "{\"request_id\":\"shape\",\"status\":\"DONE\"}", "{\"request_id\":7,\"status\":\"OK\"}",
        "{\"request_id\":\"shape\",\"status\":\"OK\"} {}", "{\"request_id\":\"shape\",\"status\":\"OK\"",
        "{\"request_id\":\"shape\",\"request_id\":\"other\",\"status\":\"OK\"}",
        "{\"request_id\":\"shape\",\"status\":\"OK\",\"status\":\"ERROR\"}",
        "{\"request_id\":\"shape\",\"status\":\"OK\",\"error\":7}",
        "\u{FEFF}{\"request_id\":\"shape\",\"status\":\"OK\"}", "{\"request_id\":\"another\",\"status\":\"OK\"}",
        "{\"request_id\":\"shap\\u0065 \",\"status\":\"OK\"}",
        "{\"request_id\":\"shape\",\"status\":\"OK\",\"payload\":NaN}",
        "{\"request_id\":\"shape\",\"status\":\"OK\",\"payload\":\"\u{1}\"}",
        "{\"request_id\":\"shape\",\"status\":\"OK\",\"payload\":01}",
    ]

    @Test func aSignedBodyThatIsNoWebhooksIs400() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for body in Self.noWebhooks {
            #expect(try service.deliver(Delivery("shape", body: Array(body.utf8))).status == 400, "\(body)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    @Test func aSignedBodyThatIsNotUTF8OrTooDeepIs400() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let latin =
            Array("{\"request_id\":\"shape\",\"status\":\"OK\",\"payload\":\"caf".utf8) + [0xE9] + Array("\"}".utf8)
        #expect(try service.deliver(Delivery("shape", body: latin)).status == 400)
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let body = "{\"request_id\":\"shape\",\"status\":\"OK\",\"payload\":\(deep)}"
        #expect(try service.deliver(Delivery("shape", body: Array(body.utf8))).status == 400)
        #expect(try service.deliver(Delivery("shape", body: [UInt8](repeating: 0, count: 4_096))).status == 400)
        #expect(try service.storesTheNext() == "1")
    }

    @Test func aSignatureThatDoesNotFitIs401() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let delivery = try Delivery("forged")
        var forgeries = try [
            Delivery("forged", key: Self.stranger), delivery.with(Delivery.requestIDName, "forged2"),
            delivery.with(Delivery.userIDName, "auth0|other"),
            delivery.with(Delivery.timestampName, "\(WallTime.now.seconds + 1)"),
            delivery.with(Delivery.signatureName, String(repeating: "0", count: 128)),
        ]
        var changed = delivery
        changed.body[changed.body.count - 2] ^= 0x20
        forgeries.append(changed)
        for forgery in forgeries { #expect(try service.deliver(forgery).status == 401) }
        // Hexadecimal in capitals is the same signature.
        let capitals = delivery.with(Delivery.signatureName, delivery.value(Delivery.signatureName).uppercased())
        #expect(try service.deliver(capitals).id == "1")
    }

    @Test(arguments: [(-301, 401), (-300, 200), (300, 200), (301, 401)])
    func aTimestampMayBe300SecondsOff(offset: Int, status: Int) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        // The offset is exact only if signing and checking fall into the same second.
        for attempt in 0..<50 {
            let second = WallTime.now.seconds
            let delivery = try Delivery("time-\(attempt)", timestamp: "\(second + Int64(offset))")
            let answer = try service.deliver(delivery)
            guard WallTime.now.seconds == second else { continue }
            #expect(answer.status == status)
            return
        }
        Issue.record("no delivery was signed and checked within one second")
    }

    @Test func aTimestampFarOffIs401() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for timestamp in ["0", "999999999999", "000000000001"] {
            #expect(try service.deliver(Delivery("time", timestamp: timestamp)).status == 401, "\(timestamp)")
        }
    }

    @Test func anotherAccountsDeliveryIs401WhenAccountsAreGiven() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--account", "auth0|us", "--account", "google|us too"])
        #expect(try service.deliver(Delivery("a", account: "auth0|them")).status == 401)
        #expect(try service.deliver(Delivery("a", account: "AUTH0|US")).status == 401)
        #expect(try service.deliver(Delivery("a", account: "auth0|us")).status == 200)
        #expect(try service.deliver(Delivery("b", account: "google|us too")).status == 200)
    }

    @Test func aPathThatIsNotThereIs404() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for path in ["/", "/fa", "/fall", "/fal/a/b", "/FAL", "/healthz/", "//fal", "/fal/../healthz", "*"] {
            #expect(try service.deliver(Delivery("lost").to(path)).status == 404, "\(path)")
        }
        #expect(try service.get("/fal/" + String(repeating: "t", count: 129)).status == 404)
        #expect(try service.journalLines.isEmpty)
    }

    @Test func aMethodThatAPathDoesNotHaveIs405AndSaysWhichItHas() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW", "post"] {
            let connection = try service.connect()
            connection.send("\(method) /fal HTTP/1.1\r\nHost: hook\r\n\r\n")
            var reader = RawResponseReader(connection)
            let answer = try reader.next(hasBody: method != "HEAD")
            #expect(answer.status == 405, "\(method)")
            #expect(answer.header("allow") == "POST", "\(method)")
        }
        let posted = try service.deliver(Delivery("x").to("/healthz"))
        #expect(posted.status == 405)
        #expect(posted.header("allow")?.contains("GET") == true)
    }

    @Test func aFloodOfForgeriesIs429AndAVerifiedDeliveryFromTheSameAddressIsStoredAllTheSame() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let forgery = try Delivery("flood", key: Self.stranger)
        let start = ContinuousClock.now
        var statuses: [Int] = []
        var last: Service.Response?
        while statuses.last != 429, statuses.count < 1_000 {
            last = try service.deliver(forgery)
            statuses.append(last?.status ?? 0)
        }
        let refilled = Int(2 * (start.duration(to: .now) / .seconds(1))) + 1
        #expect(Set(statuses) == [401, 429])
        #expect((61...(61 + refilled)).contains(statuses.count), "429 came after \(statuses.count)")
        #expect(last?.header("retry-after") != nil)
        #expect(try service.storesTheNext() == "1")
        let counts = try rejections(service).counts
        #expect(counts["signature_invalid"] == .number(Double(statuses.count)))
    }

    @Test func everyRefusalIsCountedByItsReasonAndTheSenderLearnsTheStatusOnly() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--account", "auth0|falconer"])
        let good = try Delivery("told")
        let refused: [(reason: String, delivery: Delivery)] = try [
            ("header_missing", good.without(Delivery.signatureName)),
            ("header_repeated", good.adding(Delivery.userIDName, "again")),
            ("header_malformed", good.with(Delivery.timestampName, "soon")),
            ("body_malformed", Delivery("told", body: Array("[]".utf8))),
            ("request_id_mismatch", Delivery("told", body: Array(Delivery.body("other").utf8))),
            ("signature_invalid", Delivery("told", key: Self.stranger)),
            ("timestamp_out_of_window", Delivery("told", timestamp: "1752019770")),
            ("account_unknown", Delivery("told", account: "auth0|them")),
        ]
        let answers = try refused.map { try service.deliver($0.delivery) }
        for (answer, (reason, _)) in zip(answers, refused) {
            #expect(answer.status == (refused.prefix(5).contains { $0.reason == reason } ? 400 : 401), "\(reason)")
            let same = answers.first { $0.status == answer.status }
            #expect(answer.body == same?.body)
            #expect(answer.headers.map(\.name) == same?.headers.map(\.name))
        }
        let (counts, recent) = try rejections(service)
        #expect(counts == Dictionary(uniqueKeysWithValues: refused.map { ($0.reason, JSONValue.number(1)) }))
        #expect(recent.map { $0["reason"]?.string } == refused.map(\.reason))
        #expect(recent.allSatisfy { $0["request_id"]?.string == "told" && $0["address"]?.string == "127.0.0.1" })

        let path = service.data.appending("rejections.jsonl").string
        let isWritten = await eventually {
            let text = (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let reasons = text.split(separator: "\n").compactMap { try? object(String($0))["reason"]?.string }
            return reasons == refused.map(\.reason)
        }
        #expect(isWritten)
        let human = try Program.run(["rejections", "--socket", service.socket, "--format", "human"])
        #expect(human.exit == .code(0))
        for (reason, _) in refused { #expect(human.output.contains("1\t\(reason)\n")) }
    }

    private func rejections(
        _ service: Service
    ) throws -> (counts: [String: JSONValue], recent: [[String: JSONValue]]) {
        let run = try Program.run(["rejections", "--format", "json", "--socket", service.socket])
        #expect(run.exit == .code(0), "\(run.error)")
        let lines = try run.output.split(separator: "\n").map { try object(String($0)) }
        guard case .object(let counts) = lines.first?["counts"] else { return ([:], []) }
        return (counts, Array(lines.dropFirst()))
    }

    /// A key that no key set holds.
    static let stranger: Ed25519PrivateKey = {
        let seed = [UInt8](repeating: 9, count: Ed25519PrivateKey.seedByteCount)
        guard let key = try? Ed25519PrivateKey(seed: seed.span) else { preconditionFailure("no key of 32 bytes") }
        return key
    }()
}
