import HTTPClient
import TestSupport
import Testing

@Suite("A failed exchange")
struct HTTPClientFailureTests {
    private func failure(
        _ request: HTTPRequest,
        totalTimeout: Duration = .seconds(20),
        connectTimeout: Duration = .seconds(10)
    ) throws -> HTTPClientError {
        var options = HTTPClientOptions()
        options.totalTimeout = totalTimeout
        options.connectTimeout = connectTimeout
        let client = try HTTPClient(options)
        return try #require(throws: HTTPClientError.self) { try client.send(request) }
    }

    private static func post(_ url: String, bytes: Int = 10) -> HTTPRequest {
        HTTPRequest(method: .post, url: url, body: [UInt8](repeating: 1, count: bytes))
    }

    @Test("for lack of an address was not sent")
    func resolve() throws {
        let error = try failure(Self.post("http://nobody.invalid/"), connectTimeout: .seconds(3))
        // Without a network there is no answer to the question either.
        #expect(error.kind == .resolve || error.kind == .timeoutBeforeSent)
        #expect(error.requestState == .certainlyNotSent)
    }

    @Test("for lack of a listener was not sent")
    func connect() throws {
        let peer = LoopbackPeer { _, _ in }
        peer.stop()
        for request in [Self.post(peer.url()), HTTPRequest(url: peer.url())] {
            let error = try failure(request)
            #expect(error.kind == .connect)
            #expect(error.requestState == .certainlyNotSent)
        }
    }

    @Test("in the TLS handshake was not sent")
    func tls() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.read(atLeast: 1)
            connection.write("HTTP/1.1 400 This is not TLS\r\n\r\n")
        }
        defer { peer.stop() }
        let error = try failure(Self.post("https://127.0.0.1:\(peer.port)/"))
        #expect(error.kind == .tls)
        #expect(error.requestState == .certainlyNotSent)
    }

    @Test("that stalls in the TLS handshake was not sent")
    func tlsStall() throws {
        let peer = LoopbackPeer { connection, _ in connection.readUntilClosed() }
        defer { peer.stop() }
        let error = try failure(Self.post("https://127.0.0.1:\(peer.port)/"), connectTimeout: .milliseconds(200))
        #expect(error.kind == .timeoutBeforeSent)
        #expect(error.requestState == .certainlyNotSent)
    }

    @Test("whose body was cut off in the middle was not sent", arguments: [UploadEnd.reset, .close])
    func uploadCut(end: UploadEnd) throws {
        let peer = LoopbackPeer { connection, _ in
            connection.read(atLeast: 100_000)
            if end == .reset { connection.resetAtEnd() }
        }
        defer { peer.stop() }
        let error = try failure(Self.post(peer.url(), bytes: 20_000_000))
        #expect(error.kind == .sendIncomplete)
        #expect(error.requestState == .certainlyNotSent)
    }

    enum UploadEnd: Sendable {
        case reset
        case close
    }

    @Test("whose body nobody reads in time was not sent")
    func uploadStall() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.read(atLeast: 1)
            connection.waitForStop()
        }
        defer { peer.stop() }
        let error = try failure(Self.post(peer.url(), bytes: 20_000_000), totalTimeout: .milliseconds(300))
        #expect(error.kind == .timeoutBeforeSent)
        #expect(error.requestState == .certainlyNotSent)
    }

    @Test("after the body was cut off but an answer had begun may have arrived")
    func uploadCutAfterAnswerBegan() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.read(atLeast: 100_000)
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        }
        defer { peer.stop() }
        let error = try failure(Self.post(peer.url(), bytes: 20_000_000))
        // The reset may overtake the answer on its way; then nobody saw it begin.
        #expect((error.kind == .receive) == (error.requestState == .mayHaveArrived))
    }

    @Test("with a peer that closes and reads nothing may have arrived, once the kernel had all of it")
    func closedUnread() throws {
        let peer = LoopbackPeer { connection, _ in connection.waitUntilReadable() }
        defer { peer.stop() }
        // Without a body one write is all, and it came before the close.
        let whole = try failure(HTTPRequest(method: .post, url: peer.url()))
        #expect(whole.kind == .receive)
        #expect(whole.requestState == .mayHaveArrived)
        // With one, the close may come between head and body.
        let either = try failure(Self.post(peer.url()))
        #expect((either.kind == .sendIncomplete) == (either.requestState == .certainlyNotSent))
        #expect(peer.connectionCount == 2)
    }

    @Test("after all was sent may have arrived", arguments: AfterSent.allCases)
    func afterSent(ending: AfterSent) throws {
        let peer = LoopbackPeer { connection, _ in ending.play(connection) }
        defer { peer.stop() }
        let error = try failure(Self.post(peer.url()), totalTimeout: ending.totalTimeout)
        #expect(error.kind == ending.kind)
        #expect(error.requestState == .mayHaveArrived)
        #expect(!error.detail.isEmpty)
        #expect(peer.connectionCount == 1)
    }

    enum AfterSent: CaseIterable {
        case closes
        case resets
        case halfAHead
        case onlyAnInterimAnswer
        case halfABody
        case halfAChunk
        case garbage
        case badStatusLine
        case neverAnswers
        case answersTooSlowly

        func play(_ connection: PeerConnection) {
            connection.readRequest()
            switch self {
            case .closes: break
            case .resets: connection.resetAtEnd()
            case .halfAHead: connection.write("HTTP/1.1 200 OK\r\nContent-Le")
            case .onlyAnInterimAnswer: connection.write("HTTP/1.1 100 Continue\r\n\r\n")
            case .halfABody: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            case .halfAChunk: connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
            case .garbage: connection.write("hello, this is an SMTP server\r\n")
            case .badStatusLine: connection.write("HTTP/1.1 99999 OK\r\n\r\n")
            case .neverAnswers: connection.readUntilClosed()
            case .answersTooSlowly:
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                connection.readUntilClosed()
            }
        }

        var kind: HTTPClientError.Kind {
            switch self {
            case .closes, .resets, .halfABody, .halfAChunk, .halfAHead, .onlyAnInterimAnswer:
                .receive
            case .garbage, .badStatusLine: .badResponse
            case .neverAnswers, .answersTooSlowly: .timeoutAfterSent
            }
        }

        var totalTimeout: Duration {
            kind == .timeoutAfterSent ? .milliseconds(300) : .seconds(20)
        }
    }

    @Test(
        "for a URL that cannot be used was not sent",
        arguments: [
            "", "not a url", "http://", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:pw@127.0.0.1:9/",
            "http://127.0.0.1:99999/", "http://127.0.0.1:9/a b", "http://127.0.0.1:9/\r\nX: y", "http://127.0.0.1:9/é",
        ]
    )
    func badURL(url: String) throws {
        let error = try failure(Self.post(url))
        #expect(error.kind == .badURL)
        #expect(error.requestState == .certainlyNotSent)
    }

    @Test("for a scheme that is not allowed was not sent")
    func scheme() throws {
        var options = HTTPClientOptions()
        options.schemes = .https
        let client = try HTTPClient(options)
        let error = #expect(throws: HTTPClientError.self) { try client.send(HTTPRequest(url: "http://127.0.0.1:9/")) }
        #expect(error?.kind == .badURL)
    }

    @Test(
        "for a header that cannot be sent was not sent, and does not show its value",
        arguments: [
            ("X-A", "secret\r\nX-B: c"), ("X-A", "secret\nX"), ("X-A", "secret\r"), ("X-A", "secret\0"),
            ("X-A", "secret\u{7f}"),
            ("", "secret"), ("X A", "secret"), ("X-A:", "secret"), ("X-A\r\nX-B", "secret"),
            ("Content-Length", "secret"),
            ("transfer-encoding", "secret"), ("Expect", "secret"), ("HOST", "secret"),
        ]
    )
    func badHeader(name: String, value: String) throws {
        let peer = LoopbackPeer { connection, _ in connection.readRequest() }
        defer { peer.stop() }
        var request = Self.post(peer.url())
        request.headers.add(name, value)
        let error = try failure(request)
        #expect(error.kind == .badHeader)
        #expect(error.requestState == .certainlyNotSent)
        #expect(!"\(error)".contains("secret"))
        #expect(peer.connectionCount == 0)
    }

    @Test("leaves the client fit for the next one")
    func nextExchange() throws {
        let peer = LoopbackPeer { connection, number in
            connection.readRequest()
            if number > 0 { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        #expect(throws: HTTPClientError.self) { try client.send(Self.post(peer.url(), bytes: 100)) }
        #expect(try client.send(Self.post(peer.url(), bytes: 5)).status == 200)
        #expect(peer.requests.map(\.body.count) == [100, 5])
    }

    @Test("does not show headers or a query in a request's description")
    func redaction() {
        let request = HTTPRequest(
            method: .post,
            url: "http://h/p?fal_webhook=secret",
            headers: ["Authorization": "Key secret"],
            body: Array("secret".utf8)
        )
        var dumped = ""
        dump(request, to: &dumped)
        dump(request.headers, to: &dumped)
        #expect("\(request) \(request.headers) \(String(reflecting: request)) \(dumped)".contains("secret") == false)
        #expect("\(request)" == "POST http://h/p")
    }
}
