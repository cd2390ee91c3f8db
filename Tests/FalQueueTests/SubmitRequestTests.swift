import FalQueue
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

@Suite("A submission")
struct SubmitRequestTests {
    @Test("is the input itself, with the key, and the webhook's URL encoded")
    func plain() throws {
        let input = Array(#"{ "prompt" : "a cat", "seed": 18446744073709551616 }"#.utf8)
        let request = SubmitRequest(
            endpoint: try EndpointID.parse("xai/grok-imagine-video/text-to-video"),
            input: input,
            webhookURL: "https://h.example/fal/t?a=b&c=d e+ü"
        )
        let sent = request.httpRequest(to: .fal, key: try FalKey("id:secret"))
        #expect(sent.method == .post)
        #expect(
            sent.url == "https://queue.fal.run/xai/grok-imagine-video/text-to-video"
                + "?fal_webhook=https%3A%2F%2Fh.example%2Ffal%2Ft%3Fa%3Db%26c%3Dd%20e%2B%C3%BC"
        )
        #expect(sent.body == input)
        #expect(sent.headers["Authorization"] == "Key id:secret")
        #expect(sent.headers["Content-Type"] == "application/json")
        #expect(sent.headers.map(\.name) == ["Authorization", "Content-Type", "Accept"])
    }

    @Test("says what was asked for in fal's headers, and nothing else")
    func options() throws {
        var options = SubmitOptions()
        options.priority = .low
        options.startTimeoutSeconds = 30
        options.serverRetry = .never
        options.filesExpireAfterSeconds = 3600
        options.runnerHint = "mine"
        options.payloadStorage = .never
        options.queueLengthMax = 5
        let request = SubmitRequest(endpoint: try EndpointID.parse("a/b"), input: [], options: options)
        let sent = request.httpRequest(to: .fal, key: nil)
        #expect(sent.url == "https://queue.fal.run/a/b?fal_max_queue_length=5")
        #expect(sent.headers["Authorization"] == nil)
        #expect(sent.headers["x-fal-queue-priority"] == "low")
        #expect(sent.headers["x-fal-request-start-timeout"] == "30.0")
        #expect(sent.headers["x-fal-request-timeout"] == "30.0")
        #expect(sent.headers["x-fal-no-retry"] == "1")
        #expect(sent.headers["x-fal-object-lifecycle-preference"] == #"{"expiration_duration_seconds": 3600}"#)
        #expect(sent.headers["x-fal-runner-hint"] == "mine")
        #expect(sent.headers["x-fal-store-io"] == "0")
        #expect(options.problems.isEmpty)
    }

    @Test("has options with limits")
    func optionLimits() {
        func problems(_ change: (inout SubmitOptions) -> Void) -> [String] {
            var options = SubmitOptions()
            change(&options)
            return options.problems.map(\.field)
        }
        #expect(problems { $0.startTimeoutSeconds = 1 } == ["start_timeout"])
        #expect(problems { $0.startTimeoutSeconds = 1.1 } == [])
        #expect(problems { $0.startTimeoutSeconds = 86_400 } == [])
        #expect(problems { $0.startTimeoutSeconds = 86_400.5 } == ["start_timeout"])
        #expect(problems { $0.startTimeoutSeconds = .nan } == ["start_timeout"])
        #expect(problems { $0.filesExpireAfterSeconds = 0 } == ["lifecycle"])
        #expect(problems { $0.filesExpireAfterSeconds = SubmitOptions.filesExpireAfterSecondsMax } == [])
        #expect(problems { $0.filesExpireAfterSeconds = SubmitOptions.filesExpireAfterSecondsMax + 1 } == ["lifecycle"])
        #expect(problems { $0.runnerHint = String(repeating: "h", count: SubmitOptions.runnerHintBytesMax) } == [])
        #expect(
            problems { $0.runnerHint = String(repeating: "h", count: SubmitOptions.runnerHintBytesMax + 1) } == ["hint"]
        )
        #expect(problems { $0.runnerHint = "a\r\nX: y" } == ["hint"])
        #expect(problems { $0.queueLengthMax = -1 } == ["max_queue_length"])
    }
}

@Suite("A fal key")
struct FalKeyTests {
    @Test("cannot be shown by anything that shows values")
    func secret() throws {
        let key = try FalKey("my-id:my-secret")
        let client = QueueClient(transport: HTTPClientPool(), queue: .fal, key: key)
        let request = SubmitRequest(endpoint: try EndpointID.parse("a/b"), input: []).httpRequest(to: .fal, key: key)
        var text = "\(key) \(String(reflecting: key)) \(client) \(request) \(String(reflecting: request))"
        dump(key, to: &text)
        dump(client, to: &text)
        dump(request, to: &text)
        #expect(!text.contains("my-id"))
        #expect(!text.contains("my-secret"))
        #expect(request.headers["Authorization"] == "Key my-id:my-secret")
    }

    @Test(
        "has the form that fal shows",
        arguments: [
            ("", .empty), (" \n", .empty), ("abc", .form), (":b", .form), ("a:", .form), ("a:b c", .character),
            ("a:b\r\nX: y", .character), ("ä:b", .character), ("a:\(String(repeating: "b", count: 1023))", .tooLong),
        ] as [(String, FalKeyError)]
    )
    func refused(text: String, reason: FalKeyError) {
        #expect(throws: reason) { try FalKey(text) }
    }

    @Test("may be as long as the limit, and have white space around it")
    func accepted() throws {
        #expect(throws: Never.self) { try FalKey("a:\(String(repeating: "b", count: FalKey.bytesMax - 2))") }
        #expect(try FalKey("\t a:b \r\n") == FalKey("a:b"))
    }

    @Test("comes from the environment as for fal's own clients")
    func environment() throws {
        #expect(
            try FalKey.fromEnvironment(["FAL_KEY": "a:b", "FAL_KEY_ID": "c", "FAL_KEY_SECRET": "d"]) == FalKey("a:b")
        )
        #expect(try FalKey.fromEnvironment(["FAL_KEY": "", "FAL_KEY_ID": "c", "FAL_KEY_SECRET": "d"]) == FalKey("c:d"))
        #expect(try FalKey.fromEnvironment(["FAL_KEY_ID": "c"]) == nil)
        #expect(throws: FalKeyError.form) { try FalKey.fromEnvironment(["FAL_KEY": "nonsense"]) }
    }
}

@Suite("A file with a fal key")
struct FalKeyFileTests {
    private func key(_ contents: String) throws -> FalKey {
        let directory = TemporaryDirectory()
        let path = directory.file("key").string
        try Data(contents.utf8).write(to: URL(filePath: path))
        return try FalKey.fromFile(path)
    }

    @Test("holds it with white space around it")
    func accepted() throws {
        #expect(try key("a:b\n") == FalKey("a:b"))
    }

    @Test("is refused when it is not there, empty, or too long to be one")
    func refused() {
        #expect(throws: FalKeyError.unreadable) { try FalKey.fromFile("/nonexistent/key") }
        #expect(throws: FalKeyError.unreadable) { try FalKey.fromFile("/") }
        #expect(throws: FalKeyError.empty) { try key("\n") }
        #expect(throws: FalKeyError.tooLong) { try key("a:" + String(repeating: "b", count: 100_000)) }
        #expect(throws: FalKeyError.tooLong) { try FalKey.fromFile("/dev/zero") }
    }
}
