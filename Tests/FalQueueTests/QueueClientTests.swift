import FalQueue
import HTTPClient
import Synchronization
import Testing

/// Answers every request with the same, and remembers them.
private final class CannedTransport: HTTPTransport {
    private let answer: Result<HTTPResponse, HTTPClientError>
    private let seen = Mutex<[HTTPRequest]>([])

    init(_ answer: Result<HTTPResponse, HTTPClientError>) {
        self.answer = answer
    }

    convenience init(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) {
        self.init(.success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))))
    }

    var requests: [HTTPRequest] { seen.withLock { $0 } }

    func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
        seen.withLock { $0.append(request) }
        return try answer.get()
    }

    func cancel() {}
}

@Suite("The queue")
struct QueueClientTests {
    private func client(_ transport: CannedTransport) throws -> (QueueClient, RequestAddress) {
        let client = QueueClient(transport: transport, queue: .fal, key: try FalKey("id:secret"))
        return (client, RequestAddress(queue: .fal, endpoint: try EndpointID.parse("a/b/c"), requestID: "r"))
    }

    private func status(_ code: Int, _ body: String) throws -> QueueStatusAnswer {
        let (client, address) = try client(CannedTransport(code, body))
        return try client.status(of: address)
    }

    @Test(
        "says how far a request is",
        arguments: [
            (202, #"{"status":"IN_QUEUE","queue_position":2}"#, .inQueue(position: 2)),
            (202, #"{"status":"IN_QUEUE"}"#, .inQueue(position: nil)),
            (200, #"{"status":"IN_PROGRESS","logs":null}"#, .inProgress),
            (200, #"{"status":"PAUSED"}"#, .unknown("PAUSED")),
        ] as [(Int, String, QueueStatus)]
    )
    func status(code: Int, body: String, status: QueueStatus) throws {
        let answer = try self.status(code, body)
        #expect(answer.status == status)
        #expect(answer.logs.isEmpty)
        #expect(answer.body == Array(body.utf8))
    }

    @Test("tells a run that went well from one that failed")
    func completed() throws {
        guard
            case .completed(let run) = try status(200, #"{"status":"COMPLETED","metrics":{"inference_time":3.5}}"#)
                .status,
            case .completed(let bad) = try status(
                200,
                #"{"status":"COMPLETED","error":"it broke","error_type":"internal_error","metrics":{"inference_time":null}}"#
            ).status,
            case .completed(let null) = try status(200, #"{"status":"COMPLETED","error":null,"error_type":null}"#)
                .status,
            case .completed(let typed) = try status(200, #"{"status":"COMPLETED","error_type":"startup_timeout"}"#)
                .status
        else {
            Issue.record("not completed")
            return
        }
        #expect(run.error == nil)
        #expect(run.inferenceSeconds == 3.5)
        #expect(bad.error?.message == "it broke")
        #expect(bad.error?.type == "internal_error")
        #expect(bad.inferenceSeconds == nil)
        #expect(null.error == nil)
        #expect(typed.error?.message == "startup_timeout")
    }

    @Test("gives log lines when they are asked for")
    func logs() throws {
        let transport = CannedTransport(
            202,
            #"{"status":"IN_PROGRESS","logs":[{"timestamp":"2024-12-20T15:37:17.120314","message":"a","labels":{}},{"message":"b","level":"INFO"},7]}"#
        )
        let (client, address) = try client(transport)
        let logs = try client.status(of: address, logs: .include).logs
        #expect(logs.map(\.message) == ["a", "b"])
        #expect(logs.map(\.timestamp) == ["2024-12-20T15:37:17.120314", nil])
        #expect(logs.last?.level == "INFO")
        let sent = try #require(transport.requests.first)
        #expect(sent.method == .get)
        #expect(sent.url == "https://queue.fal.run/a/b/requests/r/status?logs=1")
        #expect(sent.headers["Authorization"] == "Key id:secret")
    }

    @Test("keeps the newest log lines up to the limit", arguments: [1000, 1001])
    func logLimit(count: Int) throws {
        let entries = (0..<count).map { #"{"message":"\#($0)"}"# }.joined(separator: ",")
        let logs = try status(202, #"{"status":"IN_PROGRESS","logs":[\#(entries)]}"#).logs
        #expect(logs.count == QueueStatusAnswer.logEntriesMax)
        #expect(logs.last?.message == "\(count - 1)")
    }

    @Test(
        "that does not answer a question about the status says why",
        arguments: [
            (404, #"{"status":"NOT_FOUND"}"#, .notFound), (200, "hello", .unreadable(status: 200)),
            (200, "{}", .unreadable(status: 200)),
            (401, #"{"detail":"no"}"#, .keyRefused(status: 401, FalError(detail: "no", type: nil))),
            (500, "", .unexpected(status: 500, FalError(detail: nil, type: nil))),
            (302, "", .unexpected(status: 302, FalError(detail: nil, type: nil))),
        ] as [(Int, String, QueueError)]
    )
    func statusError(code: Int, body: String, error: QueueError) throws {
        #expect(throws: error) { try status(code, body) }
    }

    @Test("gives the app's own status and body as a result", arguments: [200, 422, 499, 500, 504])
    func result(code: Int) throws {
        let body = #"{"video": {"url": "u"}, "seed": 18446744073709551616 }"#
        let transport = CannedTransport(code, body, ["x-fal-request-id": "r"])
        let (client, address) = try client(transport)
        let result = try client.result(of: address)
        #expect(result.status == code)
        #expect(result.body == Array(body.utf8))
        #expect(result.requestID == "r")
        #expect(result.isSuccess == (code == 200))
        #expect(transport.requests.first?.url == "https://queue.fal.run/a/b/requests/r")
    }

    @Test(
        "has no result of a request that runs or that it does not know",
        arguments: [
            (400, #"{"detail":"Request is still in progress"}"#, .notReady),
            (202, #"{"status":"IN_PROGRESS"}"#, .notReady),
            (404, #"{"status":"NOT_FOUND"}"#, .notFound), (404, "", .notFound),
            (404, #"{"detail":"Request not found"}"#, .notFound),
            (403, "", .keyRefused(status: 403, FalError(detail: nil, type: nil))),
            (429, "", .unexpected(status: 429, FalError(detail: nil, type: nil))),
        ] as [(Int, String, QueueError)]
    )
    func noResult(code: Int, body: String, error: QueueError) throws {
        let (client, address) = try client(CannedTransport(code, body))
        #expect(throws: error) { try client.result(of: address) }
    }

    @Test(
        "gives an app's own 400 and 404 as results",
        arguments: [(400, #"{"detail":"bad"}"#), (404, #"{"detail":"Path /x not found"}"#)]
    )
    func appError(code: Int, body: String) throws {
        let (client, address) = try client(CannedTransport(code, body))
        #expect(try client.result(of: address).status == code)
    }

    @Test(
        "answers a cancellation in four ways",
        arguments: [
            (202, #"{"status":"CANCELLATION_REQUESTED"}"#, .requested), (200, #"{"status":"OK"}"#, .cancelled),
            (200, #"{"success":true}"#, .cancelled), (400, #"{"status":"ALREADY_COMPLETED"}"#, .alreadyCompleted),
            (404, #"{"status":"NOT_FOUND"}"#, .notFound),
        ] as [(Int, String, CancelOutcome)]
    )
    func cancel(code: Int, body: String, outcome: CancelOutcome) throws {
        let transport = CannedTransport(code, body)
        let (client, address) = try client(transport)
        #expect(try client.cancel(address) == outcome)
        #expect(transport.requests.first?.method == .put)
        #expect(transport.requests.first?.url == "https://queue.fal.run/a/b/requests/r/cancel")
    }

    @Test("that cannot be reached says so, and whether to ask again")
    func unreachable() throws {
        let failure = HTTPClientError(.connect, .certainlyNotSent, "refused")
        let (client, address) = try client(CannedTransport(.failure(failure)))
        let error = #expect(throws: QueueError.self) { try client.cancel(address) }
        #expect(error == .transport(.connect, detail: "refused"))
        #expect(error?.isRetryable == true)
        #expect(QueueError.notFound.isRetryable == false)
    }
}

@Suite("An error of fal's")
struct FalErrorTests {
    @Test(
        "is one line, whichever of its forms it comes in",
        arguments: [
            (#"{"detail":"No user found for Key ID and Secret"}"#, "No user found for Key ID and Secret", nil),
            (#"{"detail":"slow","error_type":"request_timeout"}"#, "slow", "request_timeout"),
            (
                #"{"detail":[{"loc":["body","prompt"],"msg":"field required","type":"missing"}]}"#,
                "prompt: field required",
                "missing"
            ),
            (
                #"{"detail":[{"loc":["body","images",0,"url"],"msg":"bad","type":"file_download_error","ctx":{},"input":1},{"loc":["body"],"msg":"worse"}]}"#,
                "images.0.url: bad; worse", "file_download_error"
            ),
            (#"{"detail":"a\nb\u001b[31mc\u202ed"}"#, "a b [31mc d", nil), ("", nil, nil), ("<html>", nil, nil),
            ("[]", nil, nil), (#"{"detail":[]}"#, nil, nil), (#"{"detail":{"a":1}}"#, nil, nil),
        ] as [(String, String?, String?)]
    )
    func message(body: String, message: String?, type: String?) {
        let error = FalError.parse(Array(body.utf8))
        #expect(error.message == message)
        #expect(error.type == type)
    }

    @Test("is cut where it is too long", arguments: [500, 501])
    func limit(count: Int) {
        let error = FalError(detail: String(repeating: "x", count: count), type: nil)
        #expect(
            error.message == String(repeating: "x", count: 500) + (count > FalError.messageCharactersMax ? "…" : "")
        )
    }

    @Test("keeps so many complaints and no more", arguments: [20, 21])
    func itemLimit(count: Int) {
        let items = Array(repeating: #"{"loc":["body"],"msg":"m"}"#, count: count).joined(separator: ",")
        #expect(FalError.parse(Array(#"{"detail":[\#(items)]}"#.utf8)).items.count == FalError.itemsMax)
    }
}
