import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import FalEmulator

@Suite("The emulator's status stream")
struct ServiceStreamTests {
    private func events(_ text: String) -> [[String: Any]] {
        text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }.map { event in
            Answer(status: 0, headers: [:], body: Array(event.dropFirst("data: ".count).utf8)).json
        }
    }

    @Test("one event for each change, each log line once, and the end after COMPLETED")
    func stream() throws {
        let fixture = try ServiceFixture {
            $0.queueTime = .milliseconds(100)
            $0.runTime = .milliseconds(200)
        }
        let id = try fixture.submit()
        let answer = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)/status/stream?logs=1")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "text/event-stream")
        let events = events(answer.text)
        let words = events.compactMap { $0["status"] as? String }
        #expect(words.first == "IN_QUEUE")
        #expect(words.last == "COMPLETED")
        #expect(words.contains("IN_PROGRESS"))
        #expect(words.count(where: { $0 == "COMPLETED" }) == 1)
        let logs = events.flatMap { ($0["logs"] as? [[String: Any]]) ?? [] }.compactMap { $0["message"] as? String }
        let all = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)/status?logs=1").json["logs"]
        #expect(logs == (all as? [[String: Any]])?.compactMap { $0["message"] as? String })
        #expect(!logs.isEmpty)
        #expect(answer.text.hasPrefix(#"data: {"status": "IN_QUEUE", "request_id": ""#))
    }

    @Test("a silent stream says that it is alive")
    func ping() throws {
        let fixture = try ServiceFixture {
            $0.queueTime = .milliseconds(400)
            $0.pingInterval = .milliseconds(50)
        }
        let id = try fixture.submit()
        let answer = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)/status/stream")
        #expect(answer.text.contains(": ping\n\n"))
        #expect(answer.text.contains(#""logs": null"#))
    }

    @Test("the stream of a finished request has one event")
    func finished() async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit()
        _ = try await fixture.completed(id)
        let answer = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)/status/stream")
        #expect(events(answer.text).compactMap { $0["status"] as? String } == ["COMPLETED"])
    }

    @Test("an emulator that stops ends its streams and the submissions that wait for their webhook")
    func stop() async throws {
        let fixture = try ServiceFixture { $0.runTime = .seconds(3600) }
        let id = try fixture.submit()
        let url = fixture.emulator.url + "\(ServiceFixture.app)/requests/\(id)/status/stream"
        let result = Task.detached { () -> String in
            let client = try HTTPClient()
            let headers: HTTPHeaders = ["Authorization": "Key a:b"]
            return String(decoding: try client.send(.init(url: url, headers: headers)).body, as: UTF8.self)
        }
        let isWatched = await eventually { fixture.emulator.streamCount == 1 }
        #expect(isWatched)
        fixture.emulator.stop()
        #expect(try await result.value.contains("data: "))
    }
}
