import FalQueue
import HTTPClient
import TestSupport
import Testing

private let accepted = #"""
    {"status":"IN_QUEUE","request_id":"019e1951-c778","response_url":"https://queue.fal.run/a/b/requests/019e1951-c778",
     "status_url":"https://queue.fal.run/a/b/requests/019e1951-c778/status","cancel_url":"x","logs":null,"metrics":{},"queue_position":3}
    """#

@Suite("An attempt to submit")
struct SubmitOutcomeTests {
    private func outcome(
        totalTimeout: Duration = .seconds(20),
        inputBytes: Int = 20,
        _ script: @escaping @Sendable (PeerConnection) -> Void
    ) throws -> (outcome: SubmitOutcome, requests: [PeerRequest]) {
        let peer = LoopbackPeer { connection, _ in script(connection) }
        defer { peer.stop() }
        var options = HTTPClientOptions()
        options.totalTimeout = totalTimeout
        let client = QueueClient(
            transport: try HTTPClient(options),
            queue: try QueueURL.parse(peer.url("/")),
            key: try FalKey("id:secret")
        )
        let input = [UInt8](repeating: UInt8(ascii: " "), count: inputBytes)
        let outcome = client.submit(SubmitRequest(endpoint: try EndpointID.parse("a/b"), input: input))
        return (outcome, peer.requests)
    }

    private func answered(_ status: Int, headers: String = "", _ body: String) throws -> SubmitOutcome {
        try outcome { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }.outcome
    }

    @Test("that fal takes is accepted, with all it said", arguments: [200, 201, 202])
    func isAccepted(status: Int) throws {
        guard case .accepted(let answer) = try answered(status, accepted) else {
            Issue.record("not accepted")
            return
        }
        #expect(answer.requestID == "019e1951-c778")
        #expect(answer.queuePosition == 3)
        #expect(answer.statusURL == "https://queue.fal.run/a/b/requests/019e1951-c778/status")
        #expect(answer.gatewayRequestID == nil)
        #expect(answer.body == Array(accepted.utf8))
    }

    @Test("is accepted by the short answer with two ids too")
    func isAcceptedShortly() throws {
        guard case .accepted(let answer) = try answered(200, #"{"request_id":"r","gateway_request_id":"g"}"#) else {
            Issue.record("not accepted")
            return
        }
        #expect(answer.gatewayRequestID == "g")
        #expect(answer.statusURL == nil)
    }

    @Test(
        "with a success that cannot be read is uncertain",
        arguments: [
            "", "OK", "{}", #"{"request_id":7}"#, #"{"request_id":""}"#, #"{"request_id":"a b"}"#,
            #"{"request_id":".."}"#,
            #"["request_id"]"#, #"{"request_id":"r""#, "<html>",
            #"{"request_id":"\#(String(repeating: "r", count: 257))"}"#,
        ]
    )
    func isUnreadable(body: String) throws {
        guard case .uncertain(let failure) = try answered(200, body) else {
            Issue.record("not uncertain")
            return
        }
        #expect(failure.code == "answer_unreadable")
        #expect(failure.status == 200)
    }

    @Test("takes a request id as long as the limit")
    func requestIDLimit() {
        let id = String(repeating: "r", count: SubmitAnswer.requestIDBytesMax)
        #expect(SubmitAnswer(body: Array(#"{"request_id":"\#(id)"}"#.utf8))?.requestID == id)
    }

    @Test(
        "that fal answers with no is refused",
        arguments: [
            (400, "", false), (401, "", false), (403, "", false), (404, "", false), (422, "", false),
            (409, "", false), (425, "", true), (429, "", true), (429, "Retry-After: 7\r\n", true),
            (503, "Retry-After: 7\r\n", true),
            (301, "Location: http://127.0.0.1:1/\r\n", false), (307, "Location: /x\r\n", false),
        ]
    )
    func isRefused(status: Int, headers: String, isRetryable: Bool) throws {
        guard case .refused(let refusal) = try answered(status, headers: headers, #"{"detail":"because"}"#) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == status)
        #expect(refusal.isRetryable == isRetryable)
        #expect(refusal.retryAfterSeconds == (headers.hasPrefix("Retry-After") ? 7 : nil))
        #expect(refusal.error.message == "because")
        #expect(refusal.message.contains("HTTP \(status)"))
        #expect(refusal.body == Array(#"{"detail":"because"}"#.utf8))
    }

    @Test(
        "is asked to wait no longer than is believed",
        arguments: [("3600", 3600), ("3601", 3600), ("999999999", 3600), ("0", 0)]
    )
    func retryAfterLimit(text: String, seconds: Int) throws {
        guard case .refused(let refusal) = try answered(429, headers: "Retry-After: \(text)\r\n", "") else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.retryAfterSeconds == seconds)
    }

    @Test(
        "that a server failed over is uncertain, since it may have been taken",
        arguments: [
            (500, ""), (502, ""), (503, ""), (504, ""), (503, "Retry-After: soon\r\n"),
            (503, "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"), (500, "Retry-After: 7\r\n"), (408, ""),
            (503, "Retry-After: 7\r\nx-fal-request-id: a\r\n"),
        ]
    )
    func isServerError(status: Int, headers: String) throws {
        guard case .uncertain(let failure) = try answered(status, headers: headers, "{\"detail\":\"oh\u{1b}[31m\"}")
        else {
            Issue.record("not uncertain")
            return
        }
        #expect(failure.code == "server_error")
        #expect(failure.message.contains("HTTP \(status)"))
    }

    @Test("whose answer is lost is uncertain, and fal has had one request", arguments: 0..<6)
    func losesItsAnswer(way: Int) throws {
        let (outcome, requests) = try outcome(totalTimeout: way == 5 ? .milliseconds(300) : .seconds(20)) {
            connection in
            connection.readRequest()
            switch way {
            case 0: break
            case 1: connection.resetAtEnd()
            case 2: connection.write("HTTP/1.1 200 OK\r\nContent-Le")
            case 3: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + accepted)
            case 4: connection.write("SSH-2.0-OpenSSH_9.2\r\n")
            default: connection.readUntilClosed()
            }
        }
        guard case .uncertain = outcome else {
            Issue.record("not uncertain: \(outcome)")
            return
        }
        #expect(requests.count == 1)
        #expect(!"\(outcome)".contains("secret"))
    }

    @Test("with an endless answer is uncertain")
    func isFlooded() throws {
        let (outcome, _) = try outcome { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            connection.write(
                [UInt8](repeating: UInt8(ascii: " "), count: HTTPClientOptions.responseBytesMaxDefault + 1)
            )
        }
        guard case .uncertain(let failure) = outcome else {
            Issue.record("not uncertain")
            return
        }
        #expect(failure.code == "tooLarge")
    }

    @Test("that is cut off while it is sent was not sent")
    func isCutOff() throws {
        let (outcome, requests) = try outcome(inputBytes: 20_000_000) { connection in
            connection.read(atLeast: 1_000_000)
            connection.resetAtEnd()
        }
        guard case .notSent(let failure) = outcome else {
            Issue.record("not notSent: \(outcome)")
            return
        }
        #expect(failure.code == "sendIncomplete")
        #expect(requests.isEmpty)
    }

    @Test("that finds nobody was not sent")
    func findsNobody() throws {
        let peer = LoopbackPeer { _, _ in }
        peer.stop()
        let client = QueueClient(transport: try HTTPClient(), queue: try QueueURL.parse(peer.url()), key: nil)
        guard case .notSent(let failure) = client.submit(.init(endpoint: try EndpointID.parse("a/b"), input: [])) else {
            Issue.record("not notSent")
            return
        }
        #expect(failure.code == "connect")
    }
}
