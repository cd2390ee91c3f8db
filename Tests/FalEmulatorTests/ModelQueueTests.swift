import FalQueue
import Testing

@testable import FalEmulator

/// A queue with round times, and a way to hand requests in.
private struct Bench {
    var queue: EmulatedQueue

    init(concurrency: Int = 40, _ change: (inout EmulatedQueue.Configuration) -> Void = { _ in }) {
        var configuration = EmulatedQueue.Configuration()
        configuration.concurrency = concurrency
        configuration.queueTime = 100
        configuration.runTime = 1_000
        change(&configuration)
        queue = EmulatedQueue(configuration, video: video)
    }

    @discardableResult
    mutating func submit(
        _ id: String,
        endpoint: String = "xai/grok-imagine-video/text-to-video",
        input: String = #"{"prompt":"a falcon"}"#,
        webhookURL: String? = "http://hook/",
        now: Int64 = 0,
        startTimeout: Int64? = nil,
        _ change: (inout Scenario) -> Void = { _ in }
    ) throws -> [EmulatedQueue.Action] {
        var submission = EmulatedQueue.Submission(
            id: id,
            endpoint: try EndpointID.parse(endpoint),
            input: Array(input.utf8),
            webhookURL: webhookURL,
            baseURL: "http://emulator"
        )
        submission.startTimeout = startTimeout
        change(&submission.scenario)
        return queue.submit(submission, now: now)
    }

    func status(_ id: String, _ now: Int64) -> StatusView.Status? { queue.status(id, now: now)?.status }
}

private let video = VideoFacts(
    url: "/files/video.mp4",
    contentType: "video/mp4",
    fileName: "video.mp4",
    fileSize: 9_000,
    width: 320,
    height: 180,
    fps: 24,
    duration: 2,
    frameCount: 48
)

extension [EmulatedQueue.Action] {
    fileprivate var delivered: [String] {
        compactMap { if case .deliver(let delivery) = $0 { delivery.requestID } else { nil } }
    }

    fileprivate var bodies: [String] {
        compactMap {
            if case .deliver(let delivery) = $0 { String(decoding: delivery.body, as: UTF8.self) } else { nil }
        }
    }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite("The emulated queue")
struct ModelQueueTests {
    @Test("a flapping run is said to be in the queue in between, tells those who follow it, and is one run")
    func flaps() throws {
        var bench = Bench { $0.runTime = 500 }
        try bench.submit("a") { $0.flaps = 2 }
        var seen: [StatusView.Status] = []
        var times: [Int64] = []
        while let now = bench.queue.nextDue {
            _ = bench.queue.advance(now: now)
            guard let status = bench.status("a", now), status != seen.last else { continue }
            seen.append(status)
            times.append(now)
        }
        #expect(seen == [.inProgress, .inQueue, .inProgress, .inQueue, .inProgress, .completed])
        #expect(times == [100, 200, 300, 400, 500, 600])
        #expect(bench.queue.books.first?.runsStarted == 1)
    }

    @Test("a request waits, runs and completes at the times that were set, and its webhook is due at the end")
    func wayOfARequest() throws {
        var bench = Bench()
        #expect(try bench.submit("a") == [])
        #expect(bench.status("a", 0) == .inQueue)
        #expect(bench.queue.nextDue == 100)
        #expect(bench.queue.advance(now: 99) == [])
        #expect(bench.status("a", 99) == .inQueue)
        #expect(bench.queue.advance(now: 100) == [])
        #expect(bench.status("a", 100) == .inProgress)
        #expect(bench.queue.advance(now: 1_099) == [])
        #expect(bench.status("a", 1_099) == .inProgress)
        #expect(bench.queue.advance(now: 1_100).delivered == ["a"])
        let view = try #require(bench.queue.status("a", now: 1_100))
        #expect(view.status == .completed)
        #expect(view.inferenceTime == 0.001)
        #expect(view.error == nil)
        #expect(view.httpStatus == 200)
        #expect(bench.queue.nextDue == nil)
        #expect(bench.queue.books.map(\.runsStarted) == [1])
    }

    @Test("positions are the requests ahead, and a place that becomes free is taken in order")
    func concurrency() throws {
        var bench = Bench(concurrency: 2)
        for id in ["a", "b", "c", "d"] { try bench.submit(id) }
        func positions(_ now: Int64) -> [Int?] {
            ["a", "b", "c", "d"].map { bench.queue.status($0, now: now)?.queuePosition }
        }
        #expect(positions(0) == [0, 1, 2, 3])
        _ = bench.queue.advance(now: 100)
        #expect(positions(100) == [nil, nil, 0, 1])
        #expect(bench.queue.queueLength == 2)
        #expect(bench.queue.advance(now: 1_100).delivered == ["a", "b"])
        #expect(bench.status("d", 1_100) == .inProgress)
        #expect(bench.queue.advance(now: 2_100).delivered == ["c", "d"])
    }

    @Test("what comes out does not depend on how often the time is told")
    func granularity() throws {
        var coarse = Bench(concurrency: 3)
        var fine = Bench(concurrency: 3)
        for index in 0..<20 {
            let run = Int64((index * 37) % 11) * 90
            try coarse.submit("\(index)") { $0.runTime = run }
            try fine.submit("\(index)") { $0.runTime = run }
        }
        var actions: [EmulatedQueue.Action] = []
        for now in stride(from: Int64(0), through: 20_000, by: 7) { actions += fine.queue.advance(now: now) }
        #expect(coarse.queue.advance(now: 20_000) == actions)
        #expect(actions.delivered.count == 20)
    }

    @Test("a request that has to wait long holds nobody up")
    func longWait() throws {
        var bench = Bench(concurrency: 1)
        try bench.submit("slow") { $0.queueTime = 5_000 }
        try bench.submit("quick")
        _ = bench.queue.advance(now: 100)
        #expect(bench.status("quick", 100) == .inProgress)
        #expect(bench.queue.status("slow", now: 100)?.queuePosition == 0)
        #expect(bench.queue.advance(now: 10_000).delivered == ["quick", "slow"])
    }

    @Test("log lines come with the run, and the end is the last")
    func log() throws {
        var bench = Bench()
        try bench.submit("a")
        #expect(bench.queue.status("a", now: 50)?.log == [])
        _ = bench.queue.advance(now: 100)
        #expect(bench.queue.nextDue == 600)
        #expect(bench.queue.status("a", now: 100)?.log.map(\.time) == [100])
        #expect(bench.queue.status("a", now: 600)?.log.map(\.time) == [100, 600])
        _ = bench.queue.advance(now: 1_100)
        #expect(bench.queue.status("a", now: 1_100)?.log.map(\.time) == [100, 600, 1_100, 1_100])
        #expect(bench.queue.status("a", now: 1_100)?.log.last?.message == "Run finished")
        let line = LogLine(time: 1_734_709_037_120_314, message: "é")
        #expect(text(line.json.compact) == #"{"timestamp":"2024-12-20T15:37:17.120314","message":"é","labels":{}}"#)
    }

    @Test("the result is refused before the end, there after it, and gone once it has expired")
    func result() throws {
        var bench = Bench()
        try bench.submit("a")
        #expect(bench.queue.result("a", now: 0) == .inProgress)
        #expect(text(ResultView.inProgress.body) == #"{"detail":"Request is still in progress"}"#)
        #expect(bench.queue.result("b", now: 0) == .notFound)
        #expect(text(ResultView.notFound.body) == #"{"status":"NOT_FOUND"}"#)
        _ = bench.queue.advance(now: 1_100)
        let result = bench.queue.result("a", now: 1_100)
        #expect(result.status == 200)
        #expect(
            text(result.body)
                == #"{"video":{"url":"http://emulator/files/a/video.mp4","content_type":"video/mp4","file_name":"video.mp4","file_size":9000,"width":320,"height":180,"fps":24.0,"duration":2.0,"num_frames":48},"seed":1723904518}"#
        )
        #expect(bench.queue.result("a", now: 1_100 + 3_599_999_999).status == 200)
        #expect(bench.queue.result("a", now: 1_100 + 3_600_000_000) == .notFound)
    }

    @Test("a large answer is kept for six minutes, and speed shortens that", arguments: [1.0, 100])
    func largeAnswer(speed: Double) throws {
        var bench = Bench { $0.speed = speed }
        try bench.submit("a", endpoint: "fal-ai/fast-sdxl", input: #"{"num_images":256}"#)
        let delivery = bench.queue.advance(now: 1_100)
        let life = Int64(360_000_000 / speed)
        #expect(bench.queue.result("a", now: 1_100).body.count >= EmulatedQueue.largeAnswerBytes)
        #expect(bench.queue.result("a", now: 1_099 + life).status == 200)
        #expect(bench.queue.result("a", now: 1_100 + life).status == 404)
        guard case .deliver(let webhook)? = delivery.first else {
            Issue.record("no delivery")
            return
        }
        #expect(webhook.expiresAt == 1_100 + life)
    }

    @Test(
        "other models make images, as many as asked for and no more than the most",
        arguments: [(3, 3), (0, 1), (257, 256)]
    )
    func images(asked: Int, made: Int) throws {
        var bench = Bench()
        try bench.submit("a", endpoint: "fal-ai/fast-sdxl", input: #"{"num_images":\#(asked)}"#)
        _ = bench.queue.advance(now: 1_100)
        let body = text(bench.queue.result("a", now: 1_100).body)
        #expect(body.hasPrefix(#"{"images":[{"url":"data:image/png;base64,"#))
        #expect(body.split(separator: #""url":"#).count - 1 == made)
    }

    @Test("the four answers to a cancellation")
    func cancel() throws {
        var bench = Bench()
        try bench.submit("queued")
        #expect(bench.queue.cancel("queued", now: 50).answer == .removed)
        #expect(bench.queue.cancel("queued", now: 50).answer == .alreadyCompleted)
        #expect(bench.queue.result("queued", now: 50).status == 499)
        try bench.submit("running", now: 1_000)
        #expect(bench.queue.cancel("running", now: 1_200).answer == .requested)
        #expect(bench.status("running", 1_200) == .inProgress)
        #expect(bench.queue.advance(now: 1_200) == [])
        #expect(bench.queue.status("running", now: 1_200)?.errorType == "client_cancelled")
        #expect(bench.queue.result("running", now: 1_200).status == 499)
        #expect(bench.queue.cancel("nobody", now: 0).answer == .notFound)
        #expect(bench.queue.books.map(\.runsStarted) == [0, 1])
        #expect(bench.queue.advance(now: 1_000_000) == [])
        let answers: [EmulatedQueue.CancelAnswer] = [.requested, .removed, .alreadyCompleted, .notFound]
        #expect(answers.map(\.status) == [202, 200, 400, 404])
        #expect(text(EmulatedQueue.CancelAnswer.requested.body) == #"{"status":"CANCELLATION_REQUESTED"}"#)
    }

    @Test("a place is free as soon as a run was cancelled, and a run that cannot be stopped ends normally")
    func cancelFreesThePlace() throws {
        var bench = Bench(concurrency: 1)
        try bench.submit("a")
        try bench.submit("b")
        _ = bench.queue.advance(now: 100)
        _ = bench.queue.cancel("a", now: 200)
        _ = bench.queue.advance(now: 200)
        #expect(bench.status("b", 200) == .inProgress)
        var stubborn = Bench { $0.stopsWhenCancelled = false }
        try stubborn.submit("a")
        _ = stubborn.queue.advance(now: 100)
        #expect(stubborn.queue.cancel("a", now: 200).answer == .requested)
        #expect(stubborn.queue.advance(now: 1_100).delivered == ["a"])
        #expect(stubborn.queue.result("a", now: 1_100).status == 200)
    }

    @Test("a cancelled request has a webhook when that is wanted")
    func cancelWithWebhook() throws {
        var bench = Bench { $0.sendsWebhookWhenCancelled = true }
        try bench.submit("a")
        #expect(bench.queue.cancel("a", now: 50).actions.delivered == ["a"])
    }

    @Test("a request that does not start in time is over with 504, and one that does is not")
    func startTimeout() throws {
        var bench = Bench(concurrency: 1)
        try bench.submit("first", startTimeout: 500)
        try bench.submit("second", startTimeout: 500)
        #expect(bench.queue.advance(now: 500).delivered == ["second"])
        let result = bench.queue.result("second", now: 500)
        #expect(result.status == 504)
        #expect(result.headers.contains(.init("X-Fal-Request-Timeout-Type", "user")))
        #expect(bench.queue.status("second", now: 500)?.inferenceTime == nil)
        #expect(bench.queue.advance(now: 1_100).delivered == ["first"])
        #expect(bench.queue.result("first", now: 1_100).status == 200)
    }

    @Test("without a webhook URL nothing is delivered, and what is dropped is the service's to drop")
    func noWebhook() throws {
        var bench = Bench()
        try bench.submit("a", webhookURL: nil)
        try bench.submit("b") { $0.webhook = .drop }
        let actions = bench.queue.advance(now: 1_100)
        #expect(actions.delivered == ["b"])
        #expect(bench.queue.redelivery(of: "a") == nil)
        #expect(bench.queue.redelivery(of: "b")?.fault == .normal)
        #expect(bench.queue.redelivery(of: "c") == nil)
    }

    @Test("keys are rotated right before the webhook, and a webhook before the answer comes out of the submission")
    func rotationAndHaste() throws {
        var bench = Bench(concurrency: 1)
        try bench.submit("a") { $0.keyRotation = true }
        let actions = bench.queue.advance(now: 1_100)
        #expect(actions.first == .rotateKeys)
        #expect(actions.delivered == ["a"])
        try bench.submit("busy", now: 2_000)
        _ = bench.queue.advance(now: 2_100)
        #expect(try bench.submit("hasty", now: 2_200) { $0.webhook = .beforeAnswer }.delivered == ["hasty"])
        #expect(bench.queue.status("hasty", now: 2_200)?.status == .completed)
        #expect(bench.queue.advance(now: 3_100).delivered == ["busy"])
        #expect(bench.queue.books.map(\.runsStarted) == [1, 1, 1])
    }

    @Test("past the most requests the oldest finished one is forgotten, and none that is going on")
    func bound() throws {
        var bench = Bench { $0.requestsMax = 2 }
        try bench.submit("a") { $0.runTime = 1_000_000 }
        try bench.submit("b")
        _ = bench.queue.advance(now: 1_100)
        #expect(bench.queue.books.map(\.id) == ["a", "b"])
        try bench.submit("c", now: 1_200)
        #expect(bench.queue.books.map(\.id) == ["a", "c"])
        #expect(bench.queue.status("b", now: 1_200) == nil)
        try bench.submit("d", now: 1_200)
        #expect(bench.queue.books.map(\.id) == ["a", "c", "d"])
        #expect(bench.queue.advance(now: 2_000_000).delivered == ["c", "d", "a"])
    }

    @Test(
        "an input without prompt is accepted and fails later, as fal does",
        arguments: [
            ("{}", "missing"), (#"{"prompt":7}"#, "string_type"), ("[]", "dict_type"), ("nonsense", "json_invalid"),
            (#"{"prompt":"p","duration":0}"#, "greater_than_equal"),
            (#"{"prompt":"p","duration":16}"#, "less_than_equal"),
        ]
    )
    func badInput(input: String, type: String) throws {
        var bench = Bench()
        try bench.submit("a", input: input)
        #expect(bench.status("a", 0) == .inQueue)
        let bodies = bench.queue.advance(now: 1_100).bodies
        let view = try #require(bench.queue.status("a", now: 1_100))
        #expect(view.status == .completed)
        #expect(view.error == "Invalid status code: 422")
        #expect(view.errorType == type)
        let result = bench.queue.result("a", now: 1_100)
        #expect(result.status == 422)
        #expect(text(result.body).hasPrefix(#"{"detail":[{"loc":["body""#))
        #expect(result.headers.contains(.init("X-Fal-Retryable", "false")))
        #expect(bodies.count == 1)
        #expect(bodies.first?.contains(#""status": "ERROR""#) == true)
    }

    @Test("a duration at either bound is taken, and each endpoint has its own required members")
    func goodInput() throws {
        func problems(_ path: String, _ input: String) throws -> [String?] {
            let endpoint = try EndpointID.parse("xai/grok-imagine-video/\(path)")
            return ModelErrorDetail.problems(of: ModelInput(Array(input.utf8)), endpoint: endpoint).map(\.member)
        }
        #expect(try problems("text-to-video", #"{"prompt":"p","duration":1}"#) == [])
        #expect(try problems("text-to-video", #"{"prompt":"p","duration":15}"#) == [])
        #expect(try problems("v1.5/image-to-video", "{}") == ["prompt", "image_url"])
        #expect(try problems("extend-video", #"{"prompt":"p"}"#) == ["video_url"])
        #expect(
            try problems("reference-to-video", #"{"prompt":"p","reference_image_urls":"u"}"#) == [
                "reference_image_urls"
            ]
        )
    }

    @Test("an error that is asked for is in status, result and webhook")
    func errors() throws {
        var bench = Bench()
        try bench.submit("model") { $0.outcome = .modelError(status: 500, type: "internal_server_error") }
        try bench.submit("fal") { $0.outcome = .infrastructureError(.runnerDisconnected) }
        try bench.submit("payload") { $0.outcome = .payloadError }
        let bodies = bench.queue.advance(now: 1_100).bodies
        #expect(bench.queue.result("model", now: 1_100).status == 500)
        #expect(bench.queue.result("model", now: 1_100).headers.contains(.init("X-Fal-Retryable", "true")))
        #expect(bench.queue.result("fal", now: 1_100).status == 503)
        #expect(
            text(bench.queue.result("fal", now: 1_100).body)
                == #"{"detail":"Runner disconnected","error_type":"runner_disconnected"}"#
        )
        #expect(bench.queue.status("fal", now: 1_100)?.errorType == "runner_disconnected")
        #expect(bench.queue.result("payload", now: 1_100).status == 200)
        #expect(bench.queue.status("payload", now: 1_100)?.error == nil)
        try #require(bodies.count == 3)
        #expect(
            bodies[0].hasPrefix(#"{"error": "Invalid status code: 500", "gateway_request_id": "model", "payload": {"#)
        )
        #expect(bodies[2].contains(#""payload": null, "payload_error": "Response payload"#))
        #expect(bodies[2].hasSuffix(#""request_id": "payload", "status": "ERROR"}"#))
    }

    @Test("the webhook of a good run has a null error, sorted names, and a big seed digit by digit")
    func webhookBody() throws {
        var bench = Bench()
        try bench.submit("a") { $0.bigInteger = true }
        #expect(
            bench.queue.advance(now: 1_100).bodies == [
                #"{"error": null, "gateway_request_id": "a", "payload": {"seed": 17454220438242315174, "video": {"content_type": "video/mp4", "duration": 2.0, "file_name": "video.mp4", "file_size": 9000, "fps": 24.0, "height": 180, "num_frames": 48, "url": "http://emulator/files/a/video.mp4", "width": 320}}, "request_id": "a", "status": "OK"}"#
            ]
        )
    }
}
