import HTTPServer
import TestSupport
import Testing
import Threading

@Suite struct ServerSuspendTests {
    @Test func answersManySuspendedConnectionsFromAnotherThread() throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked)) { server in
            let connections = try (0..<64).map { _ in try server.connect() }
            for round in 0..<5 {
                let thread = WorkerThread(name: "resumer") {
                    for _ in 0..<64 { parked.resumeNext(with: HTTPResponse(status: 200, text: "\(round)")) }
                }
                defer { thread.join() }
                for connection in connections { connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
                for connection in connections {
                    var reader = RawResponseReader(connection)
                    #expect(try reader.next().text == "\(round)")
                }
            }
            #expect(holds { server.statistics.requestsInFlight == 0 })
        }
    }

    @Test func answersWhenResumedBeforeTheHandlerReturns() throws {
        let handler = ClosureHandler { _, exchange in
            exchange.suspend().resume(with: HTTPResponse(status: 200, text: "at once"))
        }
        try withServer(handler, threads: 1) { server in
            let connection = try server.connect()
            var reader = RawResponseReader(connection)
            for _ in 0..<10 {
                connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
                #expect(try reader.next().text == "at once")
            }
        }
    }

    @Test func survivesClientsThatGoWhileSuspended() throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked)) { server in
            for isReset in [false, true] {
                let connection = try server.connect()
                connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(holds { parked.count == 1 })
                if isReset { connection.resetWhenClosed() }
                _ = consume connection
                parked.resumeNext(with: HTTPResponse(status: 200, text: "nobody"))
                #expect(holds { server.statistics.connectionsOpen == 0 })
            }
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    @Test func endsSuspendedConnectionsWithTheirAnswerWhenDraining() throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked)) { server in
            let waiting = try server.connect()
            waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let idle = try server.connect()
            #expect(holds { parked.count == 1 && server.statistics.connectionsOpen == 2 })
            server.drain()
            #expect(idle.isClosed())
            #expect(holds { (try? server.connect()) == nil })
            parked.resumeNext(with: HTTPResponse(status: 200, text: "kept"))
            var reader = RawResponseReader(waiting)
            let response = try reader.next()
            #expect(response.text == "kept")
            #expect(response.header("connection")?.lowercased() == "close")
            #expect(waiting.isClosed())
        }
    }

    @Test func stopWaitsForSuspendedExchanges() throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked)) { server in
            let connection = try server.connect()
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(holds { parked.count == 1 })
            let stopper = WorkerThread(name: "stopper") { server.stop(deadline: .seconds(10)) }
            defer { stopper.join() }
            #expect(holds { server.isDraining })
            parked.resumeNext(with: HTTPResponse(status: 200, text: "kept"))
            var reader = RawResponseReader(connection)
            #expect(try reader.next().text == "kept")
        }
    }

    @Test func stopCutsWhoSendsSlowlyAtTheDeadline() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
            #expect(holds { server.statistics.requestsInFlight == 1 })
            server.stop(deadline: .milliseconds(100))
            #expect(connection.isClosed())
            #expect(server.statistics.connectionsOpen == 0)
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    @Test func processStopsWhenASuspendedExchangeIsDropped() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let handler = ClosureHandler { _, exchange in _ = exchange.suspend() }
            try withServer(handler) { server in
                _ = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            }
        }
        #expect(said(result).contains("a suspended exchange was dropped"))
    }

    @Test func processStopsWhenAnExchangeIsDropped() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let handler = ClosureHandler { _, _ in }
            try withServer(handler) { server in
                _ = try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            }
        }
        #expect(said(result).contains("an exchange was dropped"))
    }

    @Test func processStopsWhenTheServerIsStoppedBeforeAnExchangeIsResumed() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let parked = ParkedExchanges()
            try withServer(.parking(in: parked)) { server in
                let connection = try server.connect()
                connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                guard holds({ parked.count == 1 }) else { return }
                server.stop(deadline: .milliseconds(10))
            }
        }
        #expect(said(result).contains("stopped with 1 suspended exchanges"))
    }

    private func said(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
}
