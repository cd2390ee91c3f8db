import Testing

@testable import FalQueue

@Suite struct SubmitOptionsJSONTests {
    @Test func everyOptionComesBackAsItWasWritten() throws {
        var options = SubmitOptions()
        #expect(options.json == nil)
        options.priority = .low
        options.startTimeoutSeconds = 2.5
        options.serverRetry = .never
        options.filesExpireAfterSeconds = 3_600
        options.runnerHint = "here"
        options.payloadStorage = .never
        options.queueLengthMax = 7
        options.extraHeaders = [.init(name: "X-Fal-Tags", value: "a=\"b\"")]
        let json = try #require(options.json)
        #expect(try SubmitOptions(json: json) == options)
        #expect(options.problems.isEmpty)
    }

    @Test(arguments: [
        "[]", #"{"priority":"high"}"#, #"{"priority":1}"#, #"{"start_timeout":"30"}"#, #"{"start_timeout":1}"#,
        #"{"no_retry":1}"#, #"{"lifecycle":1.5}"#, #"{"hint":""}"#, #"{"max_queue_length":-1}"#, #"{"headers":[]}"#,
        #"{"headers":{"Authorization":"Key a:b"}}"#, #"{"headers":{"X-Fal-Tags":"a\nb"}}"#, #"{"unknown":1}"#,
        #"{"headers":{"X-Emulator-":"a"}}"#,
    ])
    func whatCannotBeSentIsRefused(json: String) {
        #expect(throws: SubmitOptions.JSONProblem.self) { try SubmitOptions(json: Array(json.utf8)) }
    }

    @Test func headersAreLimitedInNumberAndLength() {
        func problems(_ count: Int, _ bytes: Int) -> Int {
            var options = SubmitOptions()
            options.extraHeaders = (0..<count).map { _ in
                .init(name: "x-fal-tags", value: String(repeating: "a", count: bytes))
            }
            return options.problems.count
        }
        #expect(problems(SubmitOptions.extraHeadersMax, SubmitOptions.extraHeaderBytesMax) == 0)
        #expect(problems(SubmitOptions.extraHeadersMax + 1, 1) == 1)
        #expect(problems(1, SubmitOptions.extraHeaderBytesMax + 1) == 1)
    }
}
