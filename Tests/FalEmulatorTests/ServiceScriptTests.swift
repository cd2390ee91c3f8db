import HTTPClient
import HTTPServer
import TestSupport
import Testing

@testable import FalEmulator

@Suite("What a test does to the emulator, step by step")
struct ServiceScriptTests {
    private func status(_ fixture: ServiceFixture, _ id: String) throws -> String? {
        try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)/status").json["status"] as? String
    }

    private func step(_ fixture: ServiceFixture, _ id: String) throws -> (Int, String?) {
        let answer = try fixture.send(.post, "/emulator/requests/\(id)/step", key: nil)
        return (answer.status, answer.json["status"] as? String)
    }

    @Test("a request goes on when it is told to, and only then")
    func steps() throws {
        let fixture = try ServiceFixture { $0.queueTime = .seconds(86_400) }
        let id = try fixture.submit([("X-Emulator-Run-Ms", "86400000"), ("X-Emulator-Outcome", "error-422")])
        #expect(try status(fixture, id) == "IN_QUEUE")
        #expect(try step(fixture, id) == (200, "IN_PROGRESS"))
        #expect(try status(fixture, id) == "IN_PROGRESS")
        #expect(try step(fixture, id) == (200, "COMPLETED"))
        #expect(try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)").status == 422)
        #expect(try step(fixture, id) == (409, "COMPLETED"))
        #expect(try step(fixture, "none").0 == 404)
        #expect(try fixture.send(.get, "/emulator/requests/\(id)/step", key: nil).status == 405)
    }

    @Test("other rules hold for what is submitted from then on, and bad ones change nothing")
    func rules() throws {
        let fixture = try ServiceFixture()
        func submit() throws -> Int {
            try fixture.send(.post, ServiceFixture.textToVideo, body: #"{"prompt":"x"}"#).status
        }
        func put(_ rules: String) throws -> Answer { try fixture.send(.put, "/emulator/rules", body: rules, key: nil) }
        #expect(try submit() == 200)
        #expect(try put(#"[{"nth": 1, "reply": "503:1"}, {"nth": 2, "reply": "403"}]"#).status == 200)
        #expect(try [submit(), submit(), submit()] == [503, 403, 200])
        // Counted anew.
        #expect(try put(#"[{"nth": 1, "reply": "429"}]"#).status == 200)
        let bad = try put(#"[{"reply": "1000"}]"#)
        #expect(bad.status == 422)
        #expect(bad.text.contains("rule 1"))
        #expect(try [submit(), submit()] == [429, 200])
        #expect(try fixture.send(.get, "/emulator/rules", key: nil).status == 405)
    }

    @Test("an endpoint's limit keeps its own requests in the queue, and no others")
    func endpointLimits() async throws {
        let fixture = try ServiceFixture {
            $0.concurrency = 10
            $0.endpointLimits = ["xai/*=1", "fal-ai/flux*=2"].compactMap { try? EndpointLimit($0) }
        }
        let long = [("X-Emulator-Run-Ms", "86400000"), ("X-Emulator-Queue-Ms", "0")]
        for path in [ServiceFixture.textToVideo, "/fal-ai/flux/dev", "/other/app"] {
            for _ in 0..<3 { _ = try fixture.submit(long, path: path) }
        }
        let books = try fixture.send(.get, "/emulator/requests", key: nil).json["requests"] as? [[String: Any]]
        var running: [String: Int] = [:]
        for entry in try #require(books) where entry["status"] as? String == "IN_PROGRESS" {
            running[entry["endpoint"] as? String ?? "?", default: 0] += 1
        }
        #expect(running == ["xai/grok-imagine-video/text-to-video": 1, "fal-ai/flux/dev": 2, "other/app": 3])
    }

    @Test("a place that becomes free goes to the next of that endpoint")
    func freedPlace() throws {
        let fixture = try ServiceFixture {
            $0.endpointLimits = ["xai/*=1"].compactMap { try? EndpointLimit($0) }
        }
        let long = [("X-Emulator-Run-Ms", "86400000"), ("X-Emulator-Queue-Ms", "0")]
        let (first, second) = (try fixture.submit(long), try fixture.submit(long))
        #expect(try status(fixture, second) == "IN_QUEUE")
        #expect(try step(fixture, first) == (200, "COMPLETED"))
        #expect(try status(fixture, second) == "IN_PROGRESS")
    }

    @Test(
        "a limit is a pattern and a number",
        arguments: ["xai/*", "=1", "xai/*=0", "xai/*=100001", "xai/*=many", "a=1=2"]
    )
    func badLimit(text: String) {
        #expect(throws: ScenarioError.self) { try EndpointLimit(text) }
    }

    @Test("the largest and the smallest limit are taken", arguments: [1, EndpointLimit.concurrencyMax])
    func limits(count: Int) throws {
        #expect(try EndpointLimit("xai/*=\(count)").concurrency == count)
    }

    @Test("keys rotate by themselves where that is asked for")
    func rotation() async throws {
        let fixture = try ServiceFixture { $0.keyRotationInterval = .milliseconds(50) }
        func keySet() throws -> String { try fixture.send(.get, "/.well-known/jwks.json", key: nil).text }
        let first = try keySet()
        #expect(try await eventually { try keySet() != first })
        let second = try keySet()
        #expect(try await eventually { try keySet() != second })
        let settled = try ServiceFixture()
        let only = try settled.send(.get, "/.well-known/jwks.json", key: nil).text
        _ = try settled.submit()
        #expect(try settled.send(.get, "/.well-known/jwks.json", key: nil).text == only)
    }
}
