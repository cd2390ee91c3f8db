import FalQueue
import Testing

@testable import FalEmulator

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite("The emulator's answers and paths")
struct ModelAnswerTests {
    @Test("a submission is answered with eight members in fal's order and URLs below the app")
    func submitAnswer() throws {
        let endpoint = try EndpointID.parse("xai/grok-imagine-video/text-to-video")
        let urls = RequestURLs(baseURL: "https://localhost:1", endpoint: endpoint, requestID: "r")
        let base = "https://localhost:1/xai/grok-imagine-video/requests/r"
        #expect(
            text(SubmitAnswer(requestID: "r", urls: urls, queuePosition: 2).body)
                == #"{"status":"IN_QUEUE","request_id":"r","response_url":"\#(base)","status_url":"\#(base)/status","cancel_url":"\#(base)/cancel","logs":null,"metrics":{},"queue_position":2}"#
        )
    }

    @Test("a status has logs when asked for, metrics at the end, and an error when there is one")
    func statusBody() throws {
        let urls = RequestURLs(baseURL: "", endpoint: try EndpointID.parse("a/b"), requestID: "r")
        var view = StatusView(requestID: "r", status: .inProgress, log: [LogLine(time: 0, message: "m")])
        #expect(view.httpStatus == 202)
        #expect(text(view.body(urls: urls, logs: nil)).hasSuffix(#""logs":null,"metrics":{}}"#))
        #expect(
            text(view.body(urls: urls, logs: view.log, spacing: .python)).hasSuffix(
                #""logs": [{"timestamp": "1970-01-01T00:00:00.000000", "message": "m", "labels": {}}], "metrics": {}}"#
            )
        )
        view.status = .completed
        view.inferenceTime = 0.7
        view.error = "e"
        view.errorType = "t"
        #expect(
            text(view.body(urls: urls, logs: [])).hasSuffix(
                #""logs":[],"metrics":{"inference_time":0.7},"error":"e","error_type":"t"}"#
            )
        )
        view.inferenceTime = nil
        #expect(text(view.body(urls: urls, logs: [])).contains(#""metrics":{"inference_time":null}"#))
    }

    static let forms: [(String, RequestPath?)] = [
        ("/xai/grok-imagine-video/requests/r/status", .status("r")),
        ("/xai/grok-imagine-video/requests/r/status/", .status("r")),
        ("/xai/grok-imagine-video/requests/r/status?logs=1", .status("r")),
        ("/xai/grok-imagine-video/text-to-video/requests/r/status", .status("r")),
        ("/xai/grok-imagine-video/requests/r/status/stream", .stream("r")),
        ("/xai/grok-imagine-video/v1.5/image-to-video/requests/r/status/stream/", .stream("r")),
        ("/xai/grok-imagine-video/requests/r", .result("r")),
        ("/xai/grok-imagine-video/requests/r/", .result("r")),
        ("/xai/grok-imagine-video/requests/r/response", .result("r")),
        ("/xai/grok-imagine-video/text-to-video/requests/r/response/", .result("r")),
        ("/xai/grok-imagine-video/requests/r/cancel", .cancel("r")),
        ("/workflows/user/name/x/requests/r/cancel", .cancel("r")),
        ("/comfy/user/name/requests/r", .result("r")),
        ("/.well-known/jwks.json", .jwks),
        ("/files/video.mp4", .file("video.mp4")),
        ("/files/b/video.mp4", .file("video.mp4")),
        ("/files/../video.mp4", nil),
        ("/files/upload/u/a.png?token=t", .storage(.whole("u"))),
        ("/storage/upload/initiate?storage_type=fal-cdn-v3", .storage(.begin)),
        ("/storage/upload/initiate-multipart", .storage(.beginInParts)),
        ("/storage/upload/multipart/u/2", .storage(.part("u", 2))),
        ("/storage/upload/multipart/u/complete", .storage(.complete("u"))),
        ("/storage/upload/other", nil),
        ("/api/openapi/queue/openapi.json?endpoint_id=a/b", .modelDocument),
        ("/files/", nil),
        ("/emulator/requests", .admin(.requests)),
        ("/emulator/requests/r/redeliver", .admin(.redeliver("r"))),
        ("/emulator/deliveries", .admin(.deliveries)),
        ("/emulator/keys/rotate", .admin(.rotateKeys)),
        ("/emulator/other", nil),
        ("/", nil),
        ("", nil),
        ("/xai", nil),
        ("/xai//video", nil),
        ("/xai/../video", nil),
        ("no/slash", nil),
    ]

    @Test("every form of URL is understood, and nothing else", arguments: forms)
    func paths(path: String, meaning: RequestPath?) {
        #expect(RequestPath.parse(path) == meaning)
    }

    @Test(
        "any other path that is an endpoint is one to submit to",
        arguments: [
            "/xai/grok-imagine-video/text-to-video", "/fal-ai/fast-sdxl/", "/owner/app/requests",
        ]
    )
    func submitPaths(path: String) throws {
        let id = String(path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
        #expect(RequestPath.parse(path) == .submit(try EndpointID.parse(id)))
    }

    @Test("an id is a UUID of version 7 with its time in front")
    func requestID() {
        let id = RequestID.make(time: 1_778_557_077_368_000, random: [UInt8](repeating: 0xFF, count: 10))
        #expect(id == "019e1a43-4778-7fff-bfff-ffffffffffff")
        let zero = RequestID.make(time: 0, random: [UInt8](repeating: 0, count: 10))
        #expect(zero == "00000000-0000-7000-8000-000000000000")
        let later = RequestID.make(time: 1_778_557_077_369_000, random: [UInt8](repeating: 0, count: 10))
        #expect(later > id)
    }
}
