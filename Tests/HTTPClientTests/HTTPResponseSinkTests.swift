import HTTPClient
import TestSupport
import Testing

/// Writes down what it is given, and takes as much as it is told to.
private final class Notebook: HTTPResponseSink {
    private(set) var heads: [Int] = []
    private(set) var bytes: [UInt8] = []
    private let wantsBody: Bool
    private let bytesMax: Int

    init(wantsBody: Bool = true, bytesMax: Int = .max) {
        self.wantsBody = wantsBody
        self.bytesMax = bytesMax
    }

    func begin(status: Int, headers: HTTPHeaders) -> Bool {
        heads.append(status)
        return wantsBody && headers["X-Kind"] == "last"
    }

    func take(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= bytesMax - self.bytes.count else { return false }
        self.bytes += bytes
        return true
    }
}

@Suite("An answer that goes into a sink")
struct HTTPResponseSinkTests {
    private static let head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Kind: last\r\n"

    private func peer(_ answer: String) -> LoopbackPeer {
        LoopbackPeer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.write(answer)
            connection.readUntilClosed()
        }
    }

    @Test("comes whole, behind the head of the last answer, and is longer than is kept in memory otherwise")
    func whole() throws {
        let body = String(repeating: "x", count: 100_000)
        let peer = peer(Self.head + "Content-Length: 100000\r\n\r\n" + body)
        defer { peer.stop() }
        var options = HTTPClientOptions()
        options.responseBytesMax = 10
        let sink = Notebook()
        let response = try HTTPClient(options).receive(HTTPRequest(url: peer.url()), into: sink)
        #expect(response.status == 200)
        #expect(response.body.isEmpty)
        #expect(sink.heads == [200])
        #expect(sink.bytes == Array(body.utf8))
    }

    @Test("is shown its head when there is no body")
    func empty() throws {
        let peer = peer(Self.head + "Content-Length: 0\r\n\r\n")
        defer { peer.stop() }
        let sink = Notebook()
        _ = try HTTPClient().receive(HTTPRequest(url: peer.url()), into: sink)
        #expect(sink.heads == [200])
    }

    @Test("ends at its head, before a byte of the body, when that is not wanted")
    func refusedHead() throws {
        let peer = peer(Self.head + "Content-Length: 100000\r\n\r\n")
        defer { peer.stop() }
        let sink = Notebook(wantsBody: false)
        let client = try HTTPClient()
        let error = try #require(throws: HTTPClientError.self) {
            try client.receive(HTTPRequest(url: peer.url()), into: sink)
        }
        #expect(error.kind == .cancelled)
        #expect(sink.bytes.isEmpty)
    }

    @Test("ends where the sink wants no more", arguments: [(100, true), (99, false)])
    func refusedBody(bytesMax: Int, isWhole: Bool) throws {
        let peer = peer(Self.head + "Content-Length: 100\r\n\r\n" + String(repeating: "x", count: 100))
        defer { peer.stop() }
        let client = try HTTPClient()
        let sink = Notebook(bytesMax: bytesMax)
        var isRefused = false
        do throws(HTTPClientError) {
            _ = try client.receive(HTTPRequest(url: peer.url()), into: sink)
        } catch {
            isRefused = error.kind == .cancelled
        }
        #expect(isRefused != isWhole)
    }

    @Test("that stalls is given up before the whole time is over")
    func stall() throws {
        let peer = peer(Self.head + "Content-Length: 100000\r\n\r\nx")
        defer { peer.stop() }
        var options = HTTPClientOptions()
        options.stallTimeout = .seconds(1)
        options.totalTimeout = .seconds(60)
        let client = try HTTPClient(options)
        let begin = ContinuousClock.now
        let error = try #require(throws: HTTPClientError.self) {
            try client.receive(HTTPRequest(url: peer.url()), into: Notebook())
        }
        #expect(error.kind == .timeoutAfterSent)
        #expect(begin.duration(to: .now) < .seconds(30))
    }
}
