import Crypto
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing
import Threading

/// Programs on the socket that submit to models that are not built in: the service checks against the models' documents.
@Suite(.blocking) struct ServiceModelTests {
    private static let document = """
        {"info":{"x-fal-metadata":{"endpointId":"fal-ai/birds"}},"paths":{"/fal-ai/birds":{"post":{"requestBody":{"content":
        {"application/json":{"schema":{"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"},
        "count":{"type":"integer","minimum":1,"maximum":4}}}}}}}}}}
        """

    /// An emulator, a site with one document, a service, and a program on its socket.
    private final class Fixture {
        let directory = TemporaryDirectory()
        let emulator: Emulator
        let service: Service
        let site: LoopbackPeer
        let program: Subscriber

        init(_ arguments: [String] = [], before: (TemporaryDirectory) throws -> Void = { _ in }) throws {
            emulator = try Emulator(in: directory)
            site = LoopbackPeer { connection, _ in
                _ = connection.readRequest()
                let text = ServiceModelTests.document
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n" + text
                )
            }
            try FileManager.default.createDirectory(
                atPath: directory.file("data").string,
                withIntermediateDirectories: true
            )
            try before(directory)
            let site = arguments.contains("--fal-site-url") ? [] : ["--fal-site-url", site.url("")]
            service = try Service(
                in: directory,
                emulator.serveOptions + site + arguments,
                environment: ["FAL_KEY": "emulator:secret", "FALCONER_NO_MODEL_DOCUMENTS": "false"]
            )
            program = try Subscriber(service.socket, "")
        }

        deinit { site.stop() }

        func submit(_ input: String, _ more: String = "", to endpoint: String = "fal-ai/birds") throws -> [String:
            JSONValue]
        {
            try ServiceModelTests.submit(program, input, more, to: endpoint)
        }

        /// What the created events say that the inputs were checked against.
        func checkedAgainst() throws -> [String?] {
            try service.journalLines.filter { $0.contains("fal.submission.created") }
                .map { try object($0)["data"]?["checked_against"]?.string }
        }

        func kept() -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: service.data.appending("models").string)) ?? []
        }

        func stop() {
            #expect(service.stop() == .code(0))
            #expect(emulator.stop() == .code(0))
        }
    }

    private static func submit(_ program: Subscriber, _ input: String, _ more: String, to endpoint: String) throws
        -> [String: JSONValue]
    {
        program.send("{\"op\":\"submit\",\"endpoint\":\"\(endpoint)\",\"input\":\(input)\(more)}")
        while let line = program.nextLine() {
            let members = try object(line)
            if ["reply", "error"].contains(members["frame"]?.string) { return members }
        }
        throw SetUpFailure(description: "no answer")
    }

    private static let digest = SHA256.digest(Array(document.utf8).span).hex

    @Test func aBadInputIsRefusedWithItsFieldAndNothingIsSent() throws {
        let fixture = try Fixture()
        let refused = try fixture.submit(#"{"prompt":"x","count":9}"#)
        #expect(refused["code"]?.string == "invalid_input")
        #expect(refused["problems"]?[0]?["field"]?.string == "count")
        #expect(refused["problems"]?[0]?["allowed"]?.string == "a whole number from 1 to 4")
        #expect(try fixture.service.journalLines.isEmpty)
        #expect(try !fixture.emulator.books().contains("fal-ai/birds"))
        fixture.stop()
    }

    @Test func aGoodInputIsTakenAndItsDocumentIsKeptOnce() throws {
        let fixture = try Fixture()
        let first = try fixture.submit(#"{"prompt":"x","count":2}"#)
        #expect(first["submission"]?.string != nil, "\(first)")
        #expect(first["warnings"] == nil)
        let second = try fixture.submit(#"{"prompt":"y","cuont":2}"#)
        #expect(second["warnings"]?[0]?["field"]?.string == "cuont")
        #expect(try fixture.checkedAgainst() == [Self.digest, Self.digest])
        #expect(fixture.kept() == ["\(Self.digest).json"])
        let path = fixture.service.data.appending("models/\(Self.digest).json").string
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(Self.document.utf8))
        #expect(fixture.site.requests.count == 1)
        let line = fixture.site.requests.first?.lines.first
        #expect(line == "GET /api/openapi/queue/openapi.json?endpoint_id=fal-ai%2Fbirds HTTP/1.1")
        #expect(fixture.site.requests.first?.header("Authorization") == nil)
        fixture.stop()
    }

    @Test func nobodyIsAskedAboutWhatIsNotToBeCheckedWasCheckedOrIsBuiltIn() throws {
        let fixture = try Fixture()
        let digest = String(repeating: "ab", count: 32)
        for more in [#","check":false"#, ",\"checked_against\":\"\(digest)\""] {
            #expect(try fixture.submit(#"{"prompt":"x","count":9}"#, more)["submission"]?.string != nil)
        }
        let builtIn = try fixture.submit(#"{"prompt":"x"}"#, to: "xai/grok-imagine-video/text-to-video")
        #expect(builtIn["submission"]?.string != nil)
        #expect(try fixture.checkedAgainst() == [nil, digest, nil])
        #expect(fixture.site.requests.isEmpty)
        #expect(fixture.kept().isEmpty)
        fixture.stop()
    }

    @Test func aSiteThatSaysNothingHoldsUpOneSubmissionAndNoOtherCommand() async throws {
        let silent = LoopbackPeer { connection, _ in
            connection.waitForStop()
        }
        defer { silent.stop() }
        let fixture = try Fixture(["--fal-site-url", silent.url("")])
        let waiting = try Subscriber(fixture.service.socket, "")
        waiting.send(#"{"op":"submit","endpoint":"fal-ai/birds","input":{"count":9}}"#)
        #expect(await eventually { silent.connectionCount > 0 })
        let builtIn = try fixture.submit(#"{"prompt":"x"}"#, to: "xai/grok-imagine-video/text-to-video")
        #expect(builtIn["submission"]?.string != nil)
        #expect(try fixture.service.journalLines.allSatisfy { !$0.contains("fal-ai/birds") })
        // Nothing that waits is sent unchecked because the service ends.
        let began = ContinuousClock.now
        fixture.stop()
        #expect(ContinuousClock.now - began < .seconds(8))
        #expect(try fixture.service.journalLines.allSatisfy { !$0.contains("fal-ai/birds") })
    }

    @Test func withoutADocumentTheSubmissionGoesOnWithAWarningAndTheSiteIsNotAskedAgain() throws {
        let fixture = try Fixture(["--fal-site-url", "http://127.0.0.1:1"])
        for endpoint in ["fal-ai/birds", "fal-ai/bees"] {
            let taken = try fixture.submit(#"{"count":9}"#, to: endpoint)
            #expect(taken["submission"]?.string != nil)
            let message = taken["warnings"]?[0]?["message"]?.string ?? ""
            #expect(message.hasPrefix("was not checked, the document of fal-ai/"), "\(message)")
        }
        #expect(try fixture.checkedAgainst() == [nil, nil])
        let log = fixture.service.process.text(.standardError)
        #expect(log.components(separatedBy: "a model's document could not be had").count == 2, "\(log)")
        fixture.stop()
    }

    @Test func aKnownKeyIsAnsweredWithoutItsDocument() throws {
        let fixture = try Fixture()
        let key = #","idempotency_key":"bird-1""#
        let first = try fixture.submit(#"{"prompt":"x"}"#, key)
        fixture.site.stop()
        #expect(fixture.service.stop() == .code(0))
        // Another run of the service has nothing in memory, and the site does not answer any more.
        let again = try Service(
            in: fixture.directory,
            fixture.emulator.serveOptions + ["--fal-site-url", "http://127.0.0.1:1"],
            environment: ["FAL_KEY": "emulator:secret", "FALCONER_NO_MODEL_DOCUMENTS": "false"]
        )
        let reply = try Self.submit(Subscriber(again.socket, ""), #"{"prompt":"x"}"#, key, to: "fal-ai/birds")
        #expect(reply["submission"]?.string == first["submission"]?.string)
        #expect(reply["warnings"] == nil)
        #expect(again.stop() == .code(0))
        #expect(fixture.emulator.stop() == .code(0))
    }

    @Test func aFolderThatTakesNothingCostsOnlyTheFile() throws {
        let fixture = try Fixture { try "".write(toFile: $0.file("data").string + "/models") }
        #expect(try fixture.submit(#"{"prompt":"x"}"#)["submission"]?.string != nil)
        #expect(try fixture.submit(#"{"count":9}"#)["code"]?.string == "invalid_input")
        #expect(try fixture.checkedAgainst() == [Self.digest])
        fixture.stop()
    }

    @Test(arguments: [
        (["--fal-queue-url", "http://127.0.0.1:1"], [:], String?.none),
        ([], [:], "https://fal.ai"),
        (
            ["--fal-queue-url", "http://127.0.0.1:1"], ["FALCONER_FAL_SITE_URL": "http://127.0.0.1:2"],
            "http://127.0.0.1:2"
        ),
    ])
    func whoeverHasAQueueOfTheirOwnDoesNotReachOut(arguments: [String], more: [String: String], site: String?) throws {
        let environment = ["FALCONER_FAL_SITE_URL": ""].merging(more) { $1 }
        let run = try Program.run(["config", "show", "--format", "json"] + arguments, environment: environment)
        let settings = try run.output.split(separator: "\n").map { try object(String($0)) }
        let found = settings.first { $0["setting"]?.string == "fal-site-url" }
        #expect(found != nil, "\(run.output) \(run.error)")
        #expect(found?["value"]?.string == site ?? "")
    }
}
