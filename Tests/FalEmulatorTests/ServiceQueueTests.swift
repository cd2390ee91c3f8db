import HTTPClient
import HTTPServer
import TestSupport
import Testing

@testable import FalEmulator

@Suite("The emulator's queue over HTTP")
struct ServiceQueueTests {
    @Test("a submission is answered with all eight keys, in the order seen in fal's answers")
    func submitAnswer() throws {
        let fixture = try ServiceFixture()
        let answer = try fixture.send(.post, ServiceFixture.textToVideo, body: #"{"prompt":"x"}"#)
        #expect(answer.status == 200)
        let id = try #require(answer.json["request_id"] as? String)
        #expect(answer.headers["x-fal-request-id"] == id)
        let url = "\(fixture.emulator.url)\(ServiceFixture.app)/requests/\(id)"
        let expected = """
            {"status":"IN_QUEUE","request_id":"\(id)","response_url":"\(url)","status_url":"\(url)/status",\
            "cancel_url":"\(url)/cancel","logs":null,"metrics":{},"queue_position":0}
            """
        #expect(answer.text == expected)
    }

    @Test(
        "every form of a request's URL is answered, without a redirect",
        arguments: [
            "/xai/grok-imagine-video/requests/ID", "/xai/grok-imagine-video/requests/ID/",
            "/xai/grok-imagine-video/requests/ID/response", "/xai/grok-imagine-video/text-to-video/requests/ID",
            "/xai/grok-imagine-video/text-to-video/requests/ID/response/",
        ]
    )
    func urlForms(form: String) async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit()
        _ = try await fixture.completed(id)
        let path = String(form.split(separator: "ID", omittingEmptySubsequences: false).joined(separator: id))
        let result = try fixture.send(.get, path)
        #expect(result.status == 200)
        #expect((result.json["video"] as? [String: Any])?["content_type"] as? String == "video/mp4")
    }

    @Test("the status is 202 until the request is over, and logs are there only when asked for")
    func status() async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit([("X-Emulator-Run-Ms", "86400000")])
        let path = "\(ServiceFixture.app)/requests/\(id)/status"
        let isRunning = try await eventually { try fixture.send(.get, path).json["status"] as? String == "IN_PROGRESS" }
        #expect(isRunning)
        let plain = try fixture.send(.get, path)
        #expect(plain.status == 202)
        #expect(plain.text.contains(#""logs":null"#))
        for asked in ["1", "true"] {
            #expect(try fixture.send(.get, "\(path)?logs=\(asked)").json["logs"] is [Any])
        }
        let early = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)")
        #expect(early.status == 400)
        #expect(early.text == #"{"detail":"Request is still in progress"}"#)
    }

    @Test("a model's error makes the status COMPLETED and the result 422")
    func modelError() async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit([("X-Emulator-Outcome", "error-422")])
        let status = try await fixture.completed(id)
        #expect(status.json["status"] as? String == "COMPLETED")
        #expect(status.json["error"] != nil)
        let result = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)")
        #expect(result.status == 422)
        #expect(result.json["detail"] is [Any])
    }

    @Test("a running request is cancelled once, and then is over")
    func cancel() async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit([("X-Emulator-Run-Ms", "86400000")])
        let path = "\(ServiceFixture.app)/requests/\(id)"
        let isRunning = try await eventually {
            try fixture.send(.get, path + "/status").json["status"] as? String == "IN_PROGRESS"
        }
        #expect(isRunning)
        #expect(try fixture.send(.put, path + "/cancel").status == 202)
        _ = try await fixture.completed(id)
        #expect(try fixture.send(.get, path).status == 499)
        let again = try fixture.send(.put, path + "/cancel")
        #expect(again.status == 400)
        #expect(again.text == #"{"status":"ALREADY_COMPLETED"}"#)
    }

    @Test("what nobody submitted is not found")
    func unknown() throws {
        let fixture = try ServiceFixture()
        let path = "\(ServiceFixture.app)/requests/0000"
        for answer in [try fixture.send(.get, path + "/status"), try fixture.send(.put, path + "/cancel")] {
            #expect(answer.status == 404)
            #expect(answer.text == #"{"status":"NOT_FOUND"}"#)
        }
        #expect(try fixture.send(.get, path + "/status/stream").status == 404)
        #expect(try fixture.send(.get, "/nothing").status == 404)
    }

    @Test(
        "a key that is missing or malformed is refused in fal's words",
        arguments: [
            (nil, "No user found for Key ID and Secret"),
            ("Key abc", "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."),
            ("Key :x", "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."),
            ("Basic abc", "No user found for Key ID and Secret"),
        ] as [(String?, String)]
    )
    func unauthorized(key: String?, detail: String) throws {
        let fixture = try ServiceFixture()
        for path in [ServiceFixture.textToVideo, "\(ServiceFixture.app)/requests/x/status"] {
            let method: HTTPMethod = path == ServiceFixture.textToVideo ? .post : .get
            let answer = try fixture.send(method, path, body: "{}", key: key)
            #expect(answer.status == 401)
            #expect(answer.json["detail"] as? String == detail)
            #expect(answer.headers["x-fal-request-id"] != nil)
        }
        #expect(try fixture.send(.get, "/emulator/requests", key: nil).text == #"{"requests":[]}"#)
    }

    @Test("an unknown scenario is answered 400 with those there are, and nothing is accepted")
    func unknownScenario() throws {
        let fixture = try ServiceFixture()
        for header in [("X-Emulator-Webhook", "explode"), ("X-Emulator-Weather", "rain")] {
            let answer = try fixture.send(.post, ServiceFixture.textToVideo, [header], body: "{}")
            #expect(answer.status == 400)
        }
        let answer = try fixture.send(.post, ServiceFixture.textToVideo, [("X-Emulator-Webhook", "x")], body: "{}")
        #expect(answer.text.contains("duplicate"))
        #expect(try fixture.send(.get, "/emulator/requests").text == #"{"requests":[]}"#)
    }

    @Test("a scenario refuses a submission with a status, and it is not in the books")
    func refused() throws {
        let fixture = try ServiceFixture()
        let header = ("X-Emulator-Reply", "429:7")
        let answer = try fixture.send(.post, ServiceFixture.textToVideo, [header], body: "{}")
        #expect(answer.status == 429)
        #expect(answer.headers["Retry-After"] == "7")
        #expect(try fixture.send(.get, "/emulator/requests").text == #"{"requests":[]}"#)
    }

    @Test("a lost answer: the connection closes, and the books have the request, run once")
    func lost() async throws {
        let fixture = try ServiceFixture()
        let error = #expect(throws: HTTPClientError.self) {
            try fixture.send(.post, ServiceFixture.textToVideo, [("X-Emulator-Reply", "lost")], body: "{}")
        }
        #expect(error?.requestState == .mayHaveArrived)
        let isBooked = try await eventually {
            let books = try fixture.send(.get, "/emulator/requests").json["requests"] as? [[String: Any]] ?? []
            return books.count == 1 && books[0]["runs_started"] as? Int == 1
        }
        #expect(isBooked)
    }

    @Test("a queue longer than the client puts up with is a 429")
    func maxQueueLength() throws {
        let fixture = try ServiceFixture { $0.queueTime = .seconds(3600) }
        _ = try fixture.submit()
        let path = ServiceFixture.textToVideo + "?fal_max_queue_length="
        #expect(try fixture.send(.post, path + "0", body: "{}").status == 429)
        #expect(try fixture.send(.post, path + "1", body: "{}").status == 200)
        #expect(try fixture.send(.post, path + "x", body: "{}").status == 422)
    }

    @Test("positions are real: with room for one, the second waits behind the first")
    func positions() throws {
        let fixture = try ServiceFixture {
            $0.concurrency = 1
            $0.queueTime = .zero
            $0.runTime = .seconds(3600)
        }
        let ids = try (0..<3).map { _ in try fixture.submit() }
        let status = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(ids[2])/status")
        #expect(status.json["queue_position"] as? Int == 1)
    }

    @Test("rules decide for clients that send no headers; headers win")
    func rules() async throws {
        let rules = try RuleFile(Array(#"[{"prompt_contains":"falcon","outcome":"error-422"}]"#.utf8))
        let fixture = try ServiceFixture { $0.rules = rules }
        let id = try fixture.submit()
        #expect(try await fixture.completed(id).json["error"] != nil)
        let other = try fixture.submit([("X-Emulator-Outcome", "ok")])
        #expect(try await fixture.completed(other).json["error"] == nil)
    }
}
