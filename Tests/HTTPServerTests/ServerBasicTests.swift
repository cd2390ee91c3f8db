import HTTPServer
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite struct ServerBasicTests {
    @Test func answersOnAConnectionThatStaysOpen() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            var reader = RawResponseReader(connection)
            for number in 0..<3 {
                connection.send("POST /a/\(number)?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
                let response = try reader.next()
                #expect(response.status == 200)
                #expect(response.text == "POST /a/\(number) hello")
                #expect(response.header("date") != nil)
                #expect(response.header("server") == nil)
            }
            #expect(server.statistics.requests == 3)
            #expect(server.statistics.connectionsAccepted == 1)
        }
    }

    @Test func closesWhenTheClientAsksForIt() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nGET / "))
        }
    }

    @Test func closesAfterAnswerToHTTP10() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("GET /old HTTP/1.0\r\n\r\n")
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("GET /old "))
        }
    }

    @Test func answersHeadWithoutBody() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\nGET /g HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(connection)
            let head = try reader.next(hasBody: false)
            #expect(head.header("content-length") == "8")
            #expect(try reader.next().text == "GET /g ")
        }
    }

    @Test func givesHeadersByteForByteAndDuplicatesVisible() throws {
        let handler = ClosureHandler { request, exchange in
            let values = request.head.headers.values(of: "x-twice").map { $0.map(String.init).joined(separator: ",") }
            exchange.respond(HTTPResponse(status: 200, text: values.joined(separator: ";")))
        }
        try withServer(handler) { server in
            let connection = try server.connect()
            connection.send(Array("GET / HTTP/1.1\r\nHost: x\r\nX-Twice: ".utf8) + [0xFF, 0x41])
            connection.send("\r\nx-tWICE: b\r\n\r\n")
            var reader = RawResponseReader(connection)
            #expect(try reader.next().text == "255,65;98")
        }
    }

    @Test func listensOnSeveralAddressesOfBothFamilies() throws {
        let listen = [try ListenAddress("127.0.0.1:0"), try ListenAddress("[::1]:0"), try ListenAddress(":0")]
        try withServer(.echo, listen: listen) { server in
            #expect(server.boundAddresses.count == 3)
            #expect(server.boundAddresses.allSatisfy { $0.port != 0 })
            let everywhere = server.boundAddresses[2].port
            let targets = [
                server.boundAddresses[0], server.boundAddresses[1],
                InternetAddress(ip: .v4(0x7F00_0001), port: everywhere),
                InternetAddress(ip: .v6(high: 0, low: 1), port: everywhere),
            ]
            for target in targets {
                let connection = try RawConnection(to: target)
                connection.send("GET /\(target.port) HTTP/1.1\r\nHost: x\r\n\r\n")
                var reader = RawResponseReader(connection)
                #expect(try reader.next().text == "GET /\(target.port) ")
            }
        }
    }

    @Test func tellsTheHandlerWhoAsks() throws {
        let handler = ClosureHandler { request, exchange in
            exchange.respond(HTTPResponse(status: 200, text: request.peer.ip.description))
        }
        let listen = [try ListenAddress(":0"), try ListenAddress("[::1]:0")]
        try withServer(handler, listen: listen) { server in
            let overBoth = InternetAddress(ip: .v4(0x7F00_0001), port: server.boundAddresses[0].port)
            for (target, name) in [(overBoth, "127.0.0.1"), (server.boundAddresses[1], "::1")] {
                let connection = try RawConnection(to: target)
                connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                var reader = RawResponseReader(connection)
                #expect(try reader.next().text == name)
            }
        }
    }

    @Test func saysWhichAddressIsTaken() throws {
        try withServer(.echo) { server in
            let taken = ListenAddress(ip: server.boundAddresses[0].ip, port: server.boundAddresses[0].port)
            let error = #expect(throws: HTTPServerError.self) {
                try HTTPServer.start(
                    HTTPServerConfiguration(listen: [taken]),
                    handler: ClosureHandler.echo,
                    logger: .silent
                )
            }
            guard case .cannotListen(taken, let reason) = error else { throw error ?? .libraryRefused }
            #expect(reason.errno == .addressInUse)
        }
    }

    @Test @MainActor func startsFromTheMainActor() throws {
        try withServer(.echo) { server in
            let response = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response.status == 200)
        }
    }

    @Test func startsFromAnAsynchronousFunction() async throws {
        try await Task { try answerOnce() }.value
    }

    private func answerOnce() throws {
        try withServer(.echo) { server in
            let response = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response.status == 200)
        }
    }

    @Test func sendsAPreparedResponseAgainAndAgain() throws {
        let prepared = try #require(
            PreparedResponse(status: 404, headers: ["Content-Type": "text/plain"], body: Array("none".utf8))
        )
        let handler = ClosureHandler { _, exchange in exchange.respond(HTTPResponse(prepared)) }
        try withServer(handler) { server in
            let connection = try server.connect()
            var reader = RawResponseReader(connection)
            for _ in 0..<3 {
                connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try reader.next()
                #expect(response.status == 404)
                #expect(response.text == "none")
                #expect(response.header("content-type") == "text/plain")
            }
        }
    }

    @Test func makesAnAnswerThatCannotBeSentA500() throws {
        let handler = ClosureHandler { request, exchange in
            let value = String(decoding: request.body, as: UTF8.self)
            let status = value.isEmpty ? 99 : 200
            exchange.respond(HTTPResponse(status: status, headers: ["X-Echo": value], text: "body"))
        }
        try withServer(handler) { server in
            let split = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na\r\nSet: b\n"
            let statuses = [
                try server.answer(to: split).status,
                try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status,
            ]
            #expect(statuses == [500, 500])
        }
    }
}
