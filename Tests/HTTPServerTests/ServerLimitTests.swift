import Glibc
import HTTPServer
import TestSupport
import Testing

@Suite struct ServerLimitTests {
    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    @Test func takesABodyAtTheLimitAndNotOnePast() throws {
        try withServer(.echo, limits: limits { $0.bodyBytesMax = 1000 }) { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
            let body = String(repeating: "b", count: 1000)
            let atLimit = try server.answer(to: "\(head)1000\r\n\r\n\(body)")
            #expect(atLimit.status == 200)
            #expect(atLimit.body.count == 1007)
            let onePast = try server.answer(to: "\(head)1001\r\n\r\n\(body)b")
            #expect(onePast.status == 413)
            #expect(onePast.header("connection")?.lowercased() == "close")
        }
    }

    @Test func holdsNoMoreOfAllBodiesThanTheirLimitAndServesAgainAfterwards() throws {
        try withServer(.echo, limits: limits { $0.bodiesBytesMax = 1000 }) { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
            let slow = try server.connect()
            let free = ServerLimits.freeBodyBytes
            slow.send("\(head)\(free + 901)\r\n\r\n" + String(repeating: "b", count: free + 900))
            let atLimit = "\(head)\(free + 100)\r\n\r\n" + String(repeating: "c", count: free + 100)
            let onePast = "\(head)\(free + 101)\r\n\r\n" + String(repeating: "c", count: free + 101)
            // There is room until the slow one's bytes have arrived.
            #expect(holds { (try? server.answer(to: onePast))?.status == 503 })
            let refused = try server.answer(to: onePast)
            #expect(refused.header("retry-after") != nil)
            #expect(refused.header("connection")?.lowercased() == "close")
            #expect(try server.answer(to: atLimit).status == 200)
            let small = "\(head)\(free)\r\n\r\n" + String(repeating: "c", count: free)
            #expect(try server.answer(to: small).status == 200)
            slow.send("b")
            var reader = RawResponseReader(slow)
            #expect(try reader.next().status == 200)
            #expect(holds { (try? server.answer(to: onePast))?.status == 200 })
        }
    }

    @Test func takesAChunkedBodyAtTheLimitAndNotOnePast() throws {
        try withServer(.echo, limits: limits { $0.bodyBytesMax = 1000 }) { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            let body = String(repeating: "b", count: 500)
            let half = "1F4\r\n\(body)\r\n"
            let atLimit = try server.answer(to: "\(head)\(half)\(half)0\r\n\r\n")
            #expect(atLimit.status == 200)
            #expect(atLimit.body.count == 1007)
            let onePast = try server.answer(to: "\(head)\(half)\(half)1\r\nb\r\n0\r\n\r\n")
            #expect(onePast.status == 413)
            #expect(onePast.header("connection")?.lowercased() == "close")
        }
    }

    @Test func cutsAChunkedBodyThatGoesOnOverTheLimit() throws {
        try withServer(.echo, limits: limits { $0.bodyBytesMax = 1000 }) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "b", count: 0x10000) + "\r\n"
            var sent = 0
            while sent < 1000, connection.send(chunk) { sent += 1 }
            #expect(sent < 1000)
            #expect(holds { server.statistics.connectionsOpen == 0 })
        }
    }

    @Test func letsTheHandlerLowerTheLimit() throws {
        var handler = ClosureHandler.echo
        handler.onHead = { _ in .receive(bodyBytesMax: 3) }
        try withServer(handler) { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
            let statuses = [
                try server.answer(to: "\(head)3\r\n\r\nabc").status,
                try server.answer(to: "\(head)4\r\n\r\nabcd").status,
            ]
            #expect(statuses == [200, 413])
        }
    }

    @Test func answersWhoSendsALargeBodyThatIsRefused() throws {
        try withServer(.echo, limits: limits { $0.bodyBytesMax = 1000 }) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
            connection.send([UInt8](repeating: 0x62, count: 200_000))
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == 413)
        }
    }

    @Test(arguments: [(0, 200), (1, 431)])
    func takesAHeadAtTheLimitAndNotOnePast(_ more: Int, _ status: Int) throws {
        try withServer(.echo, limits: limits { $0.headerBytesMax = 2000 }) { server in
            // The request line counts 16, "Host: x" counts 9, the last field 5 and its value.
            let filler = String(repeating: "f", count: 2000 - 16 - 9 - 5 + more)
            let response = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\nF: \(filler)\r\n\r\n")
            #expect(response.status == status)
        }
    }

    @Test(arguments: [1, 60], [(0, 200), (1, 431)])
    func takesAHeadAtTheDefaultLimitInFewFieldsOrManyWithABody(_ count: Int, _ past: (more: Int, status: Int)) throws {
        try withServer(.echo) { server in
            let body = String(repeating: "b", count: 30_000)
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n"
            // As the limit counts: a line break for each field and none at the end.
            let left = ServerLimits.defaultHeaderBytesMax + past.more - head.utf8.count
            var fields = (1..<count).map { _ in "F: \(String(repeating: "f", count: left / count - 5))\r\n" }
            let last = left - fields.reduce(0) { $0 + $1.utf8.count }
            fields.append("L: \(String(repeating: "l", count: last - 5))\r\n")
            let response = try server.answer(to: head + fields.joined() + "\r\n" + body)
            #expect(response.status == past.status)
        }
    }

    @Test(arguments: [100_000, 1_000_000])
    func answersAHeadFarOverTheLimit(_ count: Int) throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nF: \(String(repeating: "f", count: count))\r\n\r\n")
            let text = String(decoding: (try? connection.readToEnd()) ?? [], as: UTF8.self)
            // The answer may be lost with the reset that the unread rest causes; the connection must not stay.
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 431 "))
            #expect(holds { server.statistics.connectionsOpen == 0 })
        }
    }

    @Test func takesConnectionsUpToTheLimitAndClosesOnePast() throws {
        try withServer(.echo, limits: limits { $0.connectionsMax = 4 }) { server in
            var open: [RawConnection] = []
            for _ in 0..<4 { open.append(try server.connect()) }
            #expect(holds { server.statistics.connectionsOpen == 4 })
            let onePast = try server.connect()
            #expect(onePast.isClosed())
            #expect(server.statistics.refusedOverTotal == 1)
            open.removeLast()
            #expect(holds { server.statistics.connectionsOpen == 3 })
            let response = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response.status == 200)
        }
    }

    @Test func takesConnectionsOfOneAddressUpToTheLimit() throws {
        let listen = [try ListenAddress("127.0.0.1:0"), try ListenAddress("[::1]:0")]
        try withServer(.echo, listen: listen, limits: limits { $0.connectionsPerAddressMax = 2 }) { server in
            let open = [try server.connect(), try server.connect()]
            #expect(holds { server.statistics.connectionsOpen == 2 })
            #expect(try server.connect().isClosed())
            #expect(server.statistics.refusedOverAddress == 1)
            let other = try RawConnection(to: server.boundAddresses[1])
            other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            var reader = RawResponseReader(other)
            #expect(try reader.next().status == 200)
            withExtendedLifetime(open) {}
        }
    }

    @Test func closesAConnectionThatAsksNothing() throws {
        try withServer(.echo, limits: limits { $0.idleTimeout = .milliseconds(100) }) { server in
            #expect(try server.connect().isClosed())
            let used = try server.connect()
            used.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(used.isClosed())
            #expect(server.statistics.idleClosed == 2)
        }
    }

    @Test(arguments: [
        "GET /", "GET / HTTP/1.1\r\nHost: x\r\nX: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
    ])
    func cutsWhoDrips(_ beginning: String) throws {
        let limits = limits {
            $0.requestDeadline = .milliseconds(300)
            $0.idleTimeout = .milliseconds(300)
        }
        try withServer(.echo, limits: limits) { server in
            let connection = try server.connect()
            connection.send(beginning)
            let start = ContinuousClock.now
            // The pace of a client that drips.
            while connection.send("x"), ContinuousClock.now - start < .seconds(5) { usleep(10_000) }
            let taken = ContinuousClock.now - start
            #expect(taken >= .milliseconds(250) && taken < .seconds(3), "\(taken)")
            #expect(server.statistics.idleClosed + server.statistics.deadlineClosed == 1)
            #expect(holds { server.statistics.requestsInFlight == 0 })
        }
    }

    @Test func doesNotCountTheHandlersTimeAgainstTheRequest() throws {
        let parked = ParkedExchanges()
        let limits = limits {
            $0.requestDeadline = .milliseconds(50)
            $0.idleTimeout = .milliseconds(50)
        }
        try withServer(.parking(in: parked), limits: limits) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(throws: RawConnection.Failure.timedOut([])) { try connection.read(within: .milliseconds(300)) }
            parked.resumeNext(with: HTTPResponse(status: 200, text: "late"))
            var reader = RawResponseReader(connection)
            #expect(try reader.next().text == "late")
        }
    }
}
