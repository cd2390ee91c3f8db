import Glibc
import HTTPServer
import TestSupport
import Testing

/// The library's own epoll threads stall when exactly 128 connections are ready at once.
@Suite(.serialized) struct ServerStallTests {
    @Test(arguments: [128, 256, 257])
    func leavesNoRequestUnansweredWhenManyConnectionsAskAtOnce(_ count: Int) throws {
        let seconds = getenv("FALCONER_STALL_SECONDS").flatMap { Double(String(cString: $0)) } ?? 1.5
        try withServer(.echo, threads: 1) { server in
            let connections = try (0..<count).map { _ in try server.connect() }
            let request = Array("POST /r HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi".utf8)
            let end = ContinuousClock.now + .seconds(seconds)
            for connection in connections { connection.send(request) }
            // Each answer is awaited with a deadline and its connection asks again at once, in the connections' order: a
            // round in which one stays silent ends the test.
            var answered = 0
            while ContinuousClock.now < end {
                for connection in connections {
                    try readOneAnswer(connection)
                    connection.send(request)
                    answered += 1
                }
            }
            for connection in connections { try readOneAnswer(connection) }
            #expect(server.statistics.requests == answered + count)
        }
    }

    @Test(arguments: [128, 257])
    func answersEachRoundOfRequestsSentTogether(_ count: Int) throws {
        let parked = ParkedExchanges()
        try withServer(.parking(in: parked), threads: 1) { server in
            let connections = try (0..<count).map { _ in try server.connect() }
            let request = Array("POST /r HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi".utf8)
            for _ in 0..<10 {
                for connection in connections { connection.send(request) }
                #expect(holds { parked.count == count })
                parked.resumeAll(with: HTTPResponse(status: 200, text: "POST /r hi"))
                for connection in connections { try readOneAnswer(connection) }
            }
        }
    }

    private func readOneAnswer(_ connection: RawConnection) throws {
        var answer: [UInt8] = []
        while !answer.ends(with: "POST /r hi") {
            let block = try connection.read(within: .seconds(5))
            try #require(!block.isEmpty)
            answer += block
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
