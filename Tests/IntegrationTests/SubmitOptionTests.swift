import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// What fal is told besides the input, and requests that go to fal without a service.
@Suite(.blocking) struct SubmitOptionTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"
    private static let key = ["FAL_KEY": "emulator:secret"]

    /// A queue that remembers the heads of requests and takes every submission.
    private func queue() -> LoopbackPeer {
        LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            let body = #"{"request_id":"r-1","status":"IN_QUEUE"}"#
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
            connection.write(head + body)
        }
    }

    @Test func everyOptionReachesFalAlsoWhenItIsSentAfterARestart() async throws {
        let directory = TemporaryDirectory()
        let peer = queue()
        defer { peer.stop() }
        let options = ["--fal-queue-url", peer.url(""), "--public-url", "auto"]
        // Recorded while fal cannot be reached, sent by the next process.
        let service = try Service(
            in: directory,
            ["--fal-queue-url", "http://127.0.0.1:1", "--public-url", "auto"],
            environment: Self.key
        )
        let submitted = try Program.run([
            "submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--priority", "low",
            "--start-timeout", "30", "--no-retry", "--lifecycle", "3600", "--header", "X-Fal-Tags: team=birds",
        ])
        #expect(submitted.exit == .code(0), "\(submitted.error)")
        #expect(service.stop() == .code(0))
        let restarted = try Service(in: directory, options, environment: Self.key)
        let posted = { peer.requests.first { $0.lines.first?.hasPrefix("POST") == true } }
        #expect(await eventually { posted() != nil }, "\(peer.requests.map(\.lines.first))")
        let head = (posted()?.lines ?? []).map { $0.lowercased() }
        for line in [
            "x-fal-queue-priority: low", "x-fal-request-start-timeout: 30.0", "x-fal-no-retry: 1",
            #"x-fal-object-lifecycle-preference: {"expiration_duration_seconds": 3600}"#, "x-fal-tags: team=birds",
        ] {
            #expect(head.contains(line), "\(line)")
        }
        #expect(restarted.stop() == .code(0))
    }

    @Test(arguments: [
        ["--priority", "high"], ["--start-timeout", "1"], ["--lifecycle", "0"], ["--header", "Authorization: Key a:b"],
        ["--header", "X-Fal-Tags"], ["--header", "X-Fal-Tags: a\u{7}b"], ["--concurrency", "4"], ["--logs"],
        ["--webhook-url", "https://example.com"], ["--direct", "--tag", "t"],
    ])
    func anOptionThatCannotBeSentIsAUsageErrorBeforeAnythingIsAsked(option: [String]) throws {
        let result = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--socket", "/nonexistent"] + option,
            environment: Self.key
        )
        #expect(result.exit == .code(64), "\(result.error)")
    }

    @Test func theLinesOfTheLogAreShownOnceWhileItIsWaitedFor() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let result = try Program.run([
            "submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--wait", "--logs", "--timeout", "20",
        ])
        #expect(result.exit == .code(0), "\(result.error)")
        let lines = result.error.split(separator: "\n").filter { !$0.contains("accepted") && $0.contains("  ") }
        #expect(!lines.isEmpty)
        #expect(Set(lines).count == lines.count)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func directlySubmittedItIsFollowedByPollingAndItsWebhookComes() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, ["--keys", "\(emulator.url)/.well-known/jwks.json"])
        let arguments = [
            "submit", Self.endpoint, "--prompt", "x", "--direct", "--fal-queue-url", emulator.url, "--webhook-url",
            "\(service.url)/fal", "--format", "json",
        ]
        let waited = try Program.run(arguments + ["--wait", "--timeout", "20"], environment: Self.key)
        #expect(waited.exit == .code(0), "\(waited.error)")
        #expect(try object(waited.output)["video"]?["url"]?.string != nil)
        #expect(try await eventually { try service.journalLines.count == 1 })
        let answer = try Program.run(arguments, environment: Self.key)
        #expect(try object(answer.output)["request_id"]?.string != nil)
        #expect(try Program.run(arguments).exit == .code(64))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
        #expect(try Program.run(arguments, environment: Self.key).exit == .code(5))
    }

    @Test(arguments: [
        ("ok", ChildProcess.Exit.code(0), "\"video\""), ("error-422", .code(2), "content_policy_violation"),
    ])
    func runGivesTheOutputOfTheSynchronousEndpoint(outcome: String, exit: ChildProcess.Exit, word: String) throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let arguments = [
            "run", Self.endpoint, "--prompt", "x", "--fal-run-url", "\(emulator.url)/run", "--header",
            "X-Emulator-Outcome: \(outcome)",
        ]
        let result = try Program.run(arguments, environment: Self.key)
        #expect(result.exit == exit, "\(result.error)")
        if exit == .code(0) {
            #expect(result.output.contains(word))
        } else {
            #expect(result.output.isEmpty)
        }
        #expect(emulator.stop() == .code(0))
        #expect(try Program.run(arguments, environment: Self.key).exit == .code(5))
    }
}
