import Glibc
import HTTPServer
import TestSupport
import Testing

@Suite struct ServerFramingTests {
    @Test func readsARequestSplitAtEveryByte() throws {
        let request = Array("POST /split HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world".utf8)
        try withServer(.echo) { server in
            let connection = try server.connect()
            var reader = RawResponseReader(connection)
            for place in 1..<request.count {
                connection.send(request[..<place])
                // The server has taken the first part before the second comes, most times.
                sched_yield()
                connection.send(request[place...])
                #expect(try reader.next().text == "POST /split hello world")
            }
        }
    }

    @Test func readsARequestThatComesByteByByte() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            for byte in Array(
                "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n".utf8
            ) {
                connection.send([byte])
                sched_yield()
            }
            var reader = RawResponseReader(connection)
            #expect(try reader.next().text == "POST /b hi")
        }
    }

    @Test func answersPipelinedRequestsInOrder() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            let requests = (0..<5).map { "POST /\($0) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n\($0)" }
            connection.send(requests.joined())
            var reader = RawResponseReader(connection)
            for number in 0..<5 {
                #expect(try reader.next().text == "POST /\(number) \(number)")
            }
        }
    }

    @Test func answersPipelinedRequestsInOrderThoughEachIsSuspended() throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked)) { server in
            let connection = try server.connect()
            connection.send((0..<4).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            var reader = RawResponseReader(connection)
            for number in 0..<4 {
                parked.resumeNext(with: HTTPResponse(status: 200, text: "\(number)"))
                #expect(try reader.next().text == "\(number)")
            }
        }
    }

    @Test(arguments: [
        "5\r\nhello\r\n0\r\n\r\n",
        "1\r\nh\r\n4;name=value\r\nello\r\n0\r\n\r\n",
        "00005\r\nhello\r\n0\r\nX-Trailer: 1\r\nX-Other: 2\r\n\r\n",
        "A\r\nhello12345\r\n0\r\n\r\n",
    ])
    func readsChunks(_ chunks: String) throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            // The connection is still in step.
            connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.next().text.hasPrefix("POST / hello"))
            #expect(try reader.next().text == "GET /next ")
        }
    }

    @Test(arguments: [
        "g\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    ])
    func refusesChunksThatAreNone(_ chunks: String) throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400 ") || text.hasPrefix("HTTP/1.1 413 "))
            #expect(holds { server.statistics.requestsInFlight == 0 })
        }
    }

    @Test(arguments: [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: identity", 501),
        ("Content-Length: +5", 400),
        ("Content-Length: 5, 5", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: 0x5", 400),
        ("Content-Length:", 400),
        ("Content-Length : 5", 400),
        ("Transfer-Encoding : chunked", 400),
        ("no colon", 400),
        ("Content-Length: 99999999999999999999999999", 413),
    ])
    func refusesABodyOfDoubtfulLength(_ fields: String, _ status: Int) throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send(
                "POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
            )
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
            #expect(!text.contains("smuggled"))
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func refusesADoubtfulHead(_ head: String) throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send(head)
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 400 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.components(of: "HTTP/1.1 ") == 1)
        }
    }

    @Test func refusesChunksFromHTTP10() throws {
        try withServer(.echo) { server in
            let old = try server.answer(to: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            #expect(old.status == 400)
        }
    }

    @Test func grantsContinueWhenTheBodyIsWanted() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == 100)
            connection.send("ok")
            #expect(try reader.next().text == "POST / ok")
        }
    }

    @Test func refusesWithoutContinueWhenTheHandlerAnswersAtTheHead() throws {
        var handler = ClosureHandler.echo
        handler.onHead = { _ in .answer(HTTPResponse(status: 404, text: "no")) }
        try withServer(handler) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 404 "))
            #expect(text.hasSuffix("no"))
        }
    }

    @Test func keepsTheConnectionWhenTheHeadIsAnsweredAndNoBodyComes() throws {
        var handler = ClosureHandler.echo
        handler.onHead = { $0.path == "/no" ? .answer(HTTPResponse(status: 404)) : .receive }
        try withServer(handler) { server in
            let connection = try server.connect()
            connection.send("GET /no HTTP/1.1\r\nHost: x\r\n\r\nGET /yes HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == 404)
            #expect(try reader.next().text == "GET /yes ")
        }
    }
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
