import HTTPClient
import TestSupport
import Testing

/// Answers a GET and keeps the connection; reads any other request to its end and closes without an answer.
private func answerOnlyGets(_ connection: PeerConnection, _ number: Int) {
    while let request = connection.readRequest(), request.method == "GET" {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    }
}

@Suite("A POST that gets no answer")
struct AtMostOnceTests {
    @Test("is sent once on a first connection", arguments: [0, 20, 100_000])
    func firstConnection(bodyBytes: Int) throws {
        let peer = LoopbackPeer(answerOnlyGets)
        defer { peer.stop() }
        let request = HTTPRequest(method: .post, url: peer.url(), body: [UInt8](repeating: 1, count: bodyBytes))
        let error = #expect(throws: HTTPClientError.self) { try HTTPClient().send(request) }
        #expect(error?.kind == .receive)
        #expect(error?.requestState == .mayHaveArrived)
        #expect(peer.requests.map(\.method) == ["POST"])
    }

    @Test("is sent once though there is a connection to use again", arguments: [0, 20, 100_000])
    func reusedConnection(bodyBytes: Int) throws {
        let peer = LoopbackPeer(answerOnlyGets)
        defer { peer.stop() }
        let client = try HTTPClient()
        for _ in 0..<3 {
            #expect(try client.send(HTTPRequest(url: peer.url())).status == 200)
        }
        #expect(peer.connectionCount == 1)
        let request = HTTPRequest(method: .post, url: peer.url(), body: [UInt8](repeating: 1, count: bodyBytes))
        let error = #expect(throws: HTTPClientError.self) { try client.send(request) }
        #expect(error?.requestState == .mayHaveArrived)
        #expect(peer.requests.map(\.method) == ["GET", "GET", "GET", "POST"])
        #expect(peer.connectionCount == 2)
    }

    @Test("would be sent twice if it used a connection again, as a GET is")
    func hazard() throws {
        // The very thing that the POSTs are kept from: libcurl repeats this GET by itself.
        let peer = LoopbackPeer { connection, number in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.readRequest()
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        #expect(try client.send(HTTPRequest(url: peer.url("/1"))).status == 200)
        #expect(try client.send(HTTPRequest(url: peer.url("/2"))).status == 200)
        #expect(peer.requests.map(\.target) == ["/1", "/2", "/2"])
    }

    @Test("follows another POST on a connection of its own")
    func postAfterPost() throws {
        let peer = LoopbackPeer { connection, _ in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        for _ in 0..<3 {
            #expect(try client.send(HTTPRequest(method: .post, url: peer.url(), body: [1])).status == 200)
        }
        #expect(peer.connectionCount == 3)
    }
}
