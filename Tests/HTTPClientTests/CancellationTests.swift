import HTTPClient
import TestSupport
import Testing
import Threading

@Suite("Cancelling")
struct CancellationTests {
    @Test("ends an exchange with a peer that never answers, at once")
    func slowPeer() async throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.readUntilClosed()
        }
        defer { peer.stop() }
        let client = try HTTPClient()
        let outcome = Monitor<HTTPClientError?>(nil)
        let thread = WorkerThread(name: "send") {
            let error = #expect(throws: HTTPClientError.self) {
                try client.send(HTTPRequest(method: .post, url: peer.url(), body: [1]))
            }
            outcome.withLock { outcome in outcome = error }
        }
        #expect(await eventually { peer.requests.count == 1 })
        let start = ContinuousClock.now
        client.cancel()
        thread.join()
        #expect(ContinuousClock.now - start < .milliseconds(800))
        let error = outcome.withLock { outcome in outcome }
        #expect(error?.kind == .cancelled)
        #expect(error?.requestState == .mayHaveArrived)
    }

    @Test("refuses every exchange from then on, which is then not sent")
    func afterwards() throws {
        let peer = LoopbackPeer { connection, _ in connection.readRequest() }
        defer { peer.stop() }
        let transports: [any HTTPTransport] = [try HTTPClient(), HTTPClientPool()]
        for transport in transports {
            transport.cancel()
            for _ in 0..<2 {
                let error = #expect(throws: HTTPClientError.self) { try transport.send(HTTPRequest(url: peer.url())) }
                #expect(error?.kind == .cancelled)
                #expect(error?.requestState == .certainlyNotSent)
            }
        }
        #expect(peer.connectionCount == 0)
    }

    @Test("ends every exchange of a pool")
    func pool() async throws {
        let peer = LoopbackPeer { connection, _ in
            connection.readRequest()
            connection.readUntilClosed()
        }
        defer { peer.stop() }
        let pool = HTTPClientPool(idleClientsMax: 2)
        let cancelled = Monitor(0)
        let threads = (0..<6).map { _ in
            WorkerThread(name: "send") {
                let error = #expect(throws: HTTPClientError.self) { try pool.send(HTTPRequest(url: peer.url())) }
                if error?.kind == .cancelled { cancelled.withLock { cancelled in cancelled += 1 } }
            }
        }
        #expect(await eventually { peer.requests.count == 6 })
        pool.cancel()
        for thread in threads {
            thread.join()
        }
        #expect(cancelled.withLock { cancelled in cancelled } == 6)
    }

    @Test("is not needed for a pool to serve many threads over kept connections")
    func poolReuse() throws {
        let peer = LoopbackPeer { connection, _ in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { peer.stop() }
        let pool = HTTPClientPool(idleClientsMax: 4)
        let threads = (0..<4).map { _ in
            WorkerThread(name: "send") {
                for _ in 0..<25 {
                    #expect(throws: Never.self) { try pool.send(HTTPRequest(url: peer.url())) }
                }
            }
        }
        for thread in threads {
            thread.join()
        }
        #expect(peer.requests.count == 100)
        #expect(peer.connectionCount <= 4)
    }
}
