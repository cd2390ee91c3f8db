import HTTPClient
import TestSupport
import Testing

@Suite("An exchange")
struct HTTPClientExchangeTests {
    @Test("brings status, headers in order and body")
    func answer() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write(
                "HTTP/1.1 404 Nope\r\nX-One: 1\r\nx-two:  b c \r\nX-One: 2\r\nContent-Length: 3\r\n\r\nabc"
            )
        }
        defer { peer.stop() }
        let response = try HTTPClient().send(HTTPRequest(url: peer.url("/a?b=c")))
        #expect(response.status == 404)
        #expect(response.headers.map(\.name) == ["X-One", "x-two", "X-One", "Content-Length"])
        #expect(response.headers["X-TWO"] == "b c")
        #expect(response.headers.all("x-one") == ["1", "2"])
        #expect(response.body == Array("abc".utf8))
        #expect(peer.requests.map(\.lines.first) == ["GET /a?b=c HTTP/1.1"])
    }

    @Test("sends a body byte for byte, without waiting for a 100", arguments: [1, 65_536, 65_537, 3_000_000])
    func body(count: Int) throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        defer { peer.stop() }
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let request = HTTPRequest(
            method: .post,
            url: peer.url("/x/../y"),
            headers: ["Content-Type": "application/json", "X-Empty": ""],
            body: body
        )
        let response = try HTTPClient().send(request)
        #expect(response.status == 200)
        let seen = try #require(peer.requests.first)
        #expect(seen.method == "POST")
        #expect(seen.target == "/x/../y")
        #expect(seen.body == body)
        #expect(seen.header("Expect") == nil)
        #expect(seen.header("Content-Type") == "application/json")
        #expect(seen.header("X-Empty") == "")
        #expect(seen.header("User-Agent") == "falconer")
        #expect(peer.requests.count == 1)
    }

    @Test("of a PUT without a body says that it has none")
    func emptyPut() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        }
        defer { peer.stop() }
        #expect(try HTTPClient().send(HTTPRequest(method: .put, url: peer.url())).status == 202)
        let seen = try #require(peer.requests.first)
        #expect(seen.method == "PUT")
        #expect(seen.header("Content-Length") == "0")
        #expect(seen.header("Content-Type") == nil)
    }

    @Test("takes a chunked body, and leaves interim answers and trailers out")
    func chunked() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write("HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n")
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n")
            connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
        }
        defer { peer.stop() }
        let response = try HTTPClient().send(HTTPRequest(url: peer.url()))
        #expect(response.body == Array("abcde".utf8))
        #expect(response.headers["X-Real"] == "1")
        #expect(response.headers["X-Hint"] == nil)
        #expect(response.headers["X-Trailer"] == nil)
    }

    @Test("is had with the address that was given, whatever the URL's host is")
    func detour() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        var request = HTTPRequest(method: .post, url: "http://nothing.invalid:1/x", body: [])
        request.connectsTo = "127.0.0.1:\(peer.port)"
        #expect(try client.send(request).status == 200)
        #expect(peer.requests.map { $0.header("Host") } == ["nothing.invalid:1"])
        // The next one has none, and goes where its URL says.
        #expect(try client.send(HTTPRequest(url: peer.url())).status == 200)
        #expect(peer.requests.last?.header("Host") == "127.0.0.1:\(peer.port)")
    }

    @Test("ends with a redirect, which is not followed")
    func redirect() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.write("HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        }
        defer { peer.stop() }
        let response = try HTTPClient().send(HTTPRequest(method: .post, url: peer.url(), body: [1]))
        #expect(response.status == 307)
        #expect(peer.requests.map(\.target) == ["/"])
    }

    @Test("ends with an answer that comes while the body is still being sent")
    func earlyAnswer() throws {
        let peer = LoopbackPeer { connection, _ in
            connection.read(atLeast: 1)
            connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            connection.readUntilClosed()
        }
        defer { peer.stop() }
        let body = [UInt8](repeating: 7, count: 8_000_000)
        let response = try HTTPClient().send(HTTPRequest(method: .post, url: peer.url(), body: body))
        #expect(response.status == 413)
        #expect(response.body == Array("no".utf8))
    }

    @Test("takes a body at the limit and refuses one byte more", arguments: [Framing.length, .chunked, .close])
    func bodyLimit(framing: Framing) throws {
        let peer = LoopbackPeer { connection, _ in
            while let request = connection.readRequest() {
                let body = String(repeating: "x", count: Int(request.target.dropFirst()) ?? 0)
                connection.write(framing.answer(body))
                if framing == .close { return }
            }
        }
        defer { peer.stop() }
        var options = HTTPClientOptions()
        options.responseBytesMax = 1000
        let client = try HTTPClient(options)
        #expect(try client.send(HTTPRequest(url: peer.url("/1000"))).body.count == 1000)
        let error = #expect(throws: HTTPClientError.self) { try client.send(HTTPRequest(url: peer.url("/1001"))) }
        #expect(error?.kind == .tooLarge)
        #expect(error?.requestState == .mayHaveArrived)
    }

    enum Framing: Sendable {
        case length
        case chunked
        case close

        func answer(_ body: String) -> String {
            switch self {
            case .length: "HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
            case .chunked:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
            case .close: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(body)"
            }
        }
    }

    @Test("takes headers up to the limit and refuses more")
    func headerLimit() throws {
        let peer = LoopbackPeer { connection, _ in
            while let request = connection.readRequest() {
                let start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                // Each line has 1,000 bytes; the last one fills up to the number asked for.
                var head = start
                let wanted = (Int(request.target.dropFirst()) ?? 0) - 2
                while wanted - head.utf8.count >= 2000 {
                    head += "X-Fill: " + String(repeating: "f", count: 990) + "\r\n"
                }
                head += "X-Last: " + String(repeating: "l", count: wanted - head.utf8.count - 10) + "\r\n\r\n"
                connection.write(head)
            }
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        let limit = HTTPClientOptions.responseHeaderBytesMax
        #expect(try client.send(HTTPRequest(url: peer.url("/\(limit)"))).status == 200)
        let error = #expect(throws: HTTPClientError.self) {
            try client.send(HTTPRequest(url: peer.url("/\(limit + 1)")))
        }
        #expect(error?.kind == .tooLarge)
    }
}
