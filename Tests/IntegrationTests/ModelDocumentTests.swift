import Crypto
import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing
import Threading

/// Models that are not built in: their documents are fetched, kept, and what is submitted is checked against them.
@Suite(.blocking) struct ModelDocumentTests {
    private static let endpoint = "fal-ai/birds"
    private static let document = """
        {"info":{"x-fal-metadata":{"endpointId":"fal-ai/birds"}},"paths":{"/fal-ai/birds":{"post":{"requestBody":{"content":
        {"application/json":{"schema":{"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"},
        "count":{"type":"integer","minimum":1,"maximum":4}}}}}}}}}}
        """

    /// An emulator, a service, a site with documents, and a folder where they are kept.
    private final class Fixture {
        let directory = TemporaryDirectory()
        let emulator: Emulator
        let service: Service
        let site: LoopbackPeer
        let isSiteDown = Monitor(false)

        init(status: Int = 200, _ document: String = ModelDocumentTests.document) throws {
            emulator = try Emulator(in: directory)
            service = try Service(in: directory, submittingTo: emulator)
            site = LoopbackPeer { [isSiteDown] connection, _ in
                if isSiteDown.withLock({ $0 }) { return }
                _ = connection.readRequest()
                let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(document.utf8.count)\r\nConnection: close\r\n\r\n"
                connection.write(head + document)
            }
        }

        deinit { site.stop() }

        var environment: [String: String] {
            ["FALCONER_FAL_SITE_URL": site.url(""), "XDG_CACHE_HOME": directory.file("cache").string]
        }

        func submit(
            _ more: [String],
            _ change: [String: String] = [:]
        ) throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
            try Program.run(
                ["submit", ModelDocumentTests.endpoint, "--prompt", "x", "--socket", service.socket] + more,
                environment: environment.merging(change) { $1 }
            )
        }

        /// What the created events say that the inputs were checked against.
        func checkedAgainst() throws -> [String?] {
            try service.journalLines.filter { $0.contains("fal.submission.created") }
                .map { try object($0)["data"]?["checked_against"]?.string }
        }

        /// The file that the document is kept in.
        func kept() throws -> String {
            let folder = directory.file("cache").string + "/falconer/models"
            let sites = try FileManager.default.contentsOfDirectory(atPath: folder)
            return "\(folder)/\(try #require(sites.first))/fal-ai%2Fbirds.json"
        }

        func stop() {
            #expect(service.stop() == .code(0))
            #expect(emulator.stop() == .code(0))
        }
    }

    private static let digest = SHA256.digest(Array(document.utf8).span).hex

    @Test func theDocumentIsFetchedOnceADayAndWhatWasCheckedAgainstItIsKept() throws {
        let fixture = try Fixture()
        let bad = try fixture.submit(["-i", "count=9"])
        #expect(bad.exit == .code(64))
        #expect(bad.error.contains("count is 9; allowed: a whole number from 1 to 4"))
        #expect(try fixture.service.journalLines.isEmpty)
        #expect(try fixture.submit(["-i", "count=2"]).exit == .code(0))
        #expect(fixture.site.requests.count == 1)
        let line = fixture.site.requests.first?.lines.first
        #expect(line == "GET /api/openapi/queue/openapi.json?endpoint_id=fal-ai%2Fbirds HTTP/1.1")
        #expect(fixture.site.requests.first?.header("Authorization") == nil)
        #expect(try Data(contentsOf: URL(filePath: try fixture.kept())) == Data(Self.document.utf8))
        #expect(try fixture.submit(["-i", "count=9", "--no-check"]).exit == .code(0))
        let lines = fixture.directory.file("lines.jsonl").string
        try "{\"prompt\":\"a\"}\n{\"prompt\":\"b\",\"count\":3}\n".write(toFile: lines)
        #expect(try fixture.submit(["--batch", lines]).exit == .code(0))
        try "{\"prompt\":\"a\"}\n{\"prompt\":\"b\",\"count\":5}\n".write(toFile: lines)
        let batch = try fixture.submit(["--batch", lines])
        #expect(batch.exit == .code(64))
        #expect(batch.error.contains("line 2 of the batch: count is 5"))
        #expect(try fixture.checkedAgainst() == [Self.digest, nil, Self.digest, Self.digest])
        #expect(fixture.site.requests.count == 1)
        fixture.stop()
    }

    @Test func anOldDocumentIsFetchedAnewAndUsedWhereFalCannotBeReached() throws {
        let fixture = try Fixture()
        #expect(try fixture.submit([]).exit == .code(0))
        let kept = try fixture.kept()
        var times = [timespec](repeating: timespec(tv_sec: time(nil) - 2 * 24 * 3600, tv_nsec: 0), count: 2)
        #expect(utimensat(AT_FDCWD, kept, &times, 0) == 0)
        #expect(try fixture.submit([]).exit == .code(0))
        #expect(fixture.site.requests.count == 2)
        #expect(utimensat(AT_FDCWD, kept, &times, 0) == 0)
        fixture.isSiteDown.withLock { $0 = true }
        let bad = try fixture.submit(["-i", "count=9"])
        #expect(bad.exit == .code(64))
        #expect(bad.error.contains("warning: checked against an old document of fal-ai/birds"))
        #expect(try fixture.submit([]).exit == .code(0))
        #expect(try fixture.checkedAgainst() == [Self.digest, Self.digest, Self.digest])
        fixture.stop()
    }

    @Test(arguments: [
        (404, 0, "there is no document of that model"), (500, 0, "HTTP 500"),
        (200, 0, "the document has no path"), (200, 4 << 20, ""),
    ])
    func aDocumentThatCannotBeHadHoldsUpNothing(status: Int, blanks: Int, words: String) throws {
        let fixture = try Fixture(status: status, String(repeating: " ", count: blanks) + "{}")
        let result = try fixture.submit(["-i", "count=9"])
        #expect(result.exit == .code(0))
        #expect(result.error.contains("warning: the input is not checked"))
        #expect(result.error.contains(words) || words.isEmpty, "\(result.error)")
        #expect(try fixture.checkedAgainst() == [nil])
        #expect(access(fixture.directory.file("cache").string, F_OK) != 0)
        let shown = try Program.run(["models", "show", Self.endpoint], environment: fixture.environment)
        #expect(shown.exit == .code(status == 404 ? 4 : 5))
        fixture.stop()
    }

    @Test func whereNothingCanBeKeptItIsFetchedEachTimeAndBuiltInModelsNeverAre() throws {
        let fixture = try Fixture()
        for _ in 0..<2 {
            #expect(try fixture.submit(["-i", "count=9"], ["XDG_CACHE_HOME": "/proc/nowhere"]).exit == .code(64))
        }
        #expect(fixture.site.requests.count == 2)
        let arguments = ["submit", "xai/grok-imagine-video/text-to-video", "--socket", fixture.service.socket]
        let builtIn = try Program.run(arguments + ["--prompt", "x"], environment: fixture.environment)
        #expect(builtIn.exit == .code(0))
        #expect(builtIn.error.isEmpty)
        #expect(fixture.site.requests.count == 2)
        let shown = try Program.run(
            ["models", "show", Self.endpoint, "--format", "human"],
            environment: fixture.environment
        )
        #expect(shown.output.contains("a whole number from 1 to 4"))
        fixture.stop()
    }

    @Test func theEmulatorHasTheDocumentsOfTheModelsThatAreBuiltIn() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let schema = directory.file("video.json").string
        let id = "xai/grok-imagine-video/text-to-video"
        let path = "\(emulator.url)/api/openapi/queue/openapi.json?endpoint_id="
        _ = try ChildProcess("/usr/bin/env", ["curl", "-s", "-o", schema, path + id]).waitForExit()
        let table = try Program.run(["models", "show", "--schema", schema, "--format", "json"])
        let names = try table.output.split(separator: "\n").compactMap { try object(String($0))["name"]?.string }
        #expect(names == ["prompt", "duration", "aspect_ratio", "resolution"])
        let unknown = try Program.run(["models", "show", "fal-ai/unheard-of", "--fal-site-url", emulator.url])
        #expect(unknown.exit == .code(4), "\(unknown.error)")
        #expect(emulator.stop() == .code(0))
    }
}
