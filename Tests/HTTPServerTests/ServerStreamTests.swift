import HTTPServer
import TestSupport
import Testing
import Threading

@Suite struct ServerStreamTests {
    private func handler(_ stream: ResponseStream) -> ClosureHandler {
        ClosureHandler { _, exchange in
            exchange.respond(HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: .stream(stream)))
        }
    }

    @Test func sendsWhatIsWrittenAsItIsWritten() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.head().header("transfer-encoding") == "chunked")
            for number in 0..<20 {
                #expect(stream.write(Array("event \(number)\n".utf8)) == .written)
                #expect(try reader.chunk() == Array("event \(number)\n".utf8))
            }
            stream.finish()
            #expect(try reader.chunk().isEmpty)
            #expect(!stream.isClosedByPeer)
            #expect(stream.write([1]) == .closed)
        }
    }

    @Test func sendsEveryByteThatWritersOnOtherThreadsGetIn() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let writer = WorkerThread(name: "writer") {
                for number in 0..<2000 {
                    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 700)
                    while stream.write(bytes) == .full { _ = stream.isClosedByPeer }
                }
                stream.finish()
            }
            defer { writer.join() }
            var reader = RawResponseReader(connection)
            let body = try reader.next().body
            #expect(body.count == 2000 * 700)
            #expect((0..<2000).allSatisfy { body[$0 * 700] == UInt8(truncatingIfNeeded: $0) })
        }
    }

    @Test func takesTheBufferAtItsBoundAndNotOnePast() {
        let stream = ResponseStream()
        #expect(stream.write([UInt8](repeating: 0, count: ResponseStream.bufferBytesMax)) == .written)
        #expect(stream.write([0]) == .full)
    }

    @Test func endsWithTheConnectionForHTTP10() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.0\r\n\r\n")
            #expect(stream.write(Array("all".utf8)) == .written)
            stream.finish()
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nall"))
        }
    }

    @Test func isClosedForHead() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.next(hasBody: false).status == 200)
            #expect(holds { stream.isClosedByPeer })
        }
    }

    @Test func noticesAClientThatHasGoneThoughNothingIsWritten() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            _ = try reader.head()
            #expect(!stream.isClosedByPeer)
            connection.closeSending()
            #expect(holds { stream.isClosedByPeer })
            #expect(stream.write([1]) == .closed)
            #expect(holds { server.statistics.connectionsOpen == 0 })
        }
    }

    @Test func endsOpenStreamsWhenTheServerStops() throws {
        let stream = ResponseStream()
        try withServer(handler(stream)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            _ = try reader.head()
            _ = stream.write([0x61])
            server.stop(deadline: .seconds(5))
            #expect(try reader.chunk() == [0x61])
            #expect(try reader.chunk().isEmpty)
            #expect(connection.isClosed())
            #expect(stream.write([1]) == .closed)
        }
    }
}
