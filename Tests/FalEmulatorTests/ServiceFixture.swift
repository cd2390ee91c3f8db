import Foundation
import HTTPClient
import HTTPServer
import Logging
import TestSupport
import Testing

@testable import FalEmulator

/// An emulator on a free port of loopback, and a client for it.
final class ServiceFixture {
    static let textToVideo = "/xai/grok-imagine-video/text-to-video"
    static let app = "/xai/grok-imagine-video"

    let emulator: FalEmulator
    private let client: HTTPClient

    init(_ change: (inout EmulatorConfiguration) -> Void = { _ in }) throws {
        var configuration = EmulatorConfiguration()
        configuration.listen = [.anyLoopbackPort]
        configuration.queueTime = .milliseconds(5)
        configuration.runTime = .milliseconds(10)
        configuration.speed = 20
        change(&configuration)
        emulator = try FalEmulator.start(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        client = try HTTPClient()
    }

    deinit {
        emulator.stop()
    }

    /// Sends a request with a key and waits for the answer.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ headers: [(String, String)] = [],
        body: String? = nil,
        key: String? = "Key id:secret"
    ) throws -> Answer {
        var fields = HTTPHeaders()
        if let key { fields.add("Authorization", key) }
        for (name, value) in headers { fields.add(name, value) }
        let url = path.hasPrefix("http") ? path : emulator.url + path
        let bytes = method == .get || method == .head ? nil : Array((body ?? "").utf8)
        let response = try client.send(.init(method: method, url: url, headers: fields, body: bytes))
        return Answer(status: response.status, headers: response.headers, body: response.body)
    }

    /// Submits a prompt and returns the request's id.
    func submit(_ headers: [(String, String)] = [], hook: String? = nil, path: String = textToVideo) throws -> String {
        let query = hook.map { "?fal_webhook=\($0)" } ?? ""
        let answer = try send(.post, path + query, headers, body: #"{"prompt":"a falcon dives"}"#)
        #expect(answer.status == 200)
        return try #require(answer.json["request_id"] as? String)
    }

    /// Waits until a request is over, and returns its status.
    func completed(_ id: String) async throws -> Answer {
        var answer = try send(.get, "\(Self.app)/requests/\(id)/status?logs=1")
        let isOver = try await eventually {
            answer = try send(.get, "\(Self.app)/requests/\(id)/status?logs=1")
            return answer.status == 200
        }
        #expect(isOver)
        return answer
    }

    /// The attempts to deliver a request's webhook.
    func attempts(_ id: String) throws -> [[String: Any]] {
        let all = try send(.get, "/emulator/deliveries", key: nil).json["deliveries"] as? [[String: Any]]
        return try #require(all).filter { $0["request_id"] as? String == id }
    }
}

/// An answer, and its body as JSON.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object; empty when it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }
}
