import HTTPServer
import TestSupport
import Testing

@Suite struct ServerCutOffTests {
    static let requests = [
        "POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
        "POST /cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n",
        "POST /cut HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    ]

    @Test(arguments: requests)
    func forgetsClientsThatGoAfterEachPrefixOfARequest(_ request: String) throws {
        try withServer(.echo) { server in
            let bytes = Array(request.utf8)
            for place in 0..<bytes.count {
                for isReset in [false, true] {
                    let connection = try server.connect()
                    connection.send(bytes[..<place])
                    if isReset { connection.resetWhenClosed() }
                }
            }
            let response = try server.answer(to: "GET /alive HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response.text == "GET /alive ")
            #expect(holds { server.statistics.connectionsOpen == 0 })
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    @Test(arguments: requests)
    func closesWhenTheClientEndsItsSideAfterEachPrefix(_ request: String) throws {
        try withServer(.echo) { server in
            let bytes = Array(request.utf8)
            let connections = try (0..<bytes.count).map { place in
                let connection = try server.connect()
                connection.send(bytes[..<place])
                connection.closeSending()
                return connection
            }
            for (place, connection) in connections.enumerated() {
                let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
                #expect(!text.contains("HTTP/1.1 200"), "answered after \(place) bytes: \(text)")
            }
            #expect(holds { server.statistics.connectionsOpen == 0 })
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    @Test func answersAWholeRequestWhoseClientEndsItsSide() throws {
        try withServer(.echo) { server in
            let connection = try server.connect()
            connection.send(Self.requests[0])
            connection.closeSending()
            let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("POST /cut hello world"))
        }
    }
}
