import Foundation
import HTTPClient
import TestSupport
import Testing
import Threading

@testable import FalEmulator

@Suite("The emulator's status stream")
struct ServiceStreamTests {
    private func events(_ text: String) -> [[String: Any]] {
        text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }.map { event in
            Answer(status: 0, headers: [:], body: Array(event.dropFirst("data: ".count).utf8)).json
        }
    }

    @Test("one event for each change, each log line once, and the end after COMPLETED")
    func stream() async throws {
        let fixture = try ServiceFixture { $0.concurrency = 1 }
        let first = try fixture.submit([("X-Emulator-Run-Ms", "86400000")])
        let id = try fixture.submit()
        let watching = StreamWatcher(id, fixture, query: "?logs=1")
        let isWatched = await eventually { fixture.emulator.streamCount == 1 }
        #expect(isWatched)
        let path = "\(ServiceFixture.app)/requests/\(first)"
        let isRunning = try await eventually { try fixture.send(.get, path + "/status").text.contains("IN_PROGRESS") }
        #expect(isRunning)
        #expect(try fixture.send(.put, path + "/cancel").status == 202)
        let answer = try #require(await watching.answer())
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
    func ping() async throws {
        let fixture = try ServiceFixture { $0.pingInterval = .milliseconds(20) }
        let id = try fixture.submit([("X-Emulator-Run-Ms", "86400000")])
        let watching = StreamWatcher(id, fixture)
        let isWatched = await eventually { fixture.emulator.streamCount == 1 }
        #expect(isWatched)
        let hasBeenSilent = await eventually { fixture.emulator.pingCount >= 2 }
        #expect(hasBeenSilent)
        fixture.emulator.stop()
        let answer = try #require(await watching.answer())
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

    @Test("an emulator that stops ends its streams")
    func stop() async throws {
        let fixture = try ServiceFixture { $0.runTime = .seconds(3600) }
        let id = try fixture.submit()
        let watching = StreamWatcher(id, fixture)
        let isWatched = await eventually { fixture.emulator.streamCount == 1 }
        #expect(isWatched)
        fixture.emulator.stop()
        #expect(await watching.answer()?.text.contains("data: ") == true)
    }
}

/// Watches a request's stream to its end, on a thread of its own: a blocking call has no place in a task.
private final class StreamWatcher: Sendable {
    private let result = Monitor<Answer?>(nil)
    private let thread: WorkerThread

    init(_ id: String, _ fixture: ServiceFixture, query: String = "") {
        let url = "\(fixture.emulator.url)\(ServiceFixture.app)/requests/\(id)/status/stream\(query)"
        thread = WorkerThread(name: "watcher") { [result] in
            let response = try? HTTPClient().send(.init(url: url, headers: ["Authorization": "Key a:b"]))
            let answer = response.map { Answer(status: $0.status, headers: $0.headers, body: $0.body) }
            result.withLock { result in result = answer }
        }
    }

    deinit { thread.join() }

    /// What came; nil when it did not end in time.
    func answer() async -> Answer? {
        _ = await eventually { self.result.withLock { result in result != nil } }
        return result.withLock { result in result }
    }
}
