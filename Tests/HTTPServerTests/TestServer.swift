import Glibc
import HTTPServer
import Logging
import Posix
import TestSupport
import Threading

/// A handler made of two closures.
struct ClosureHandler: HTTPHandler {
    var onHead: @Sendable (HTTPRequestHead) -> HeadDecision = { _ in .receive }
    var onRequest: @Sendable (HTTPRequest, consuming HTTPExchange) -> Void

    func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision {
        onHead(copy head)
    }

    func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        onRequest(request, exchange)
    }
}

extension ClosureHandler {
    /// Answers 200 with `METHOD path` and the body behind it.
    static let echo = ClosureHandler { request, exchange in
        exchange.respond(HTTPResponse(status: 200, body: .bytes(request.echo)))
    }
}

extension HTTPRequest {
    var echo: [UInt8] { Array("\(head.method) \(head.path) ".utf8) + body }
}

/// Exchanges that were suspended and wait for the test to answer them.
final class ParkedExchanges: Sendable {
    private let waiting = Monitor<[Monitor<SuspendedExchange?>]>([])

    var count: Int { waiting.withLock { $0.count } }

    func park(_ exchange: consuming HTTPExchange) {
        let box = Monitor<SuspendedExchange?>(exchange.suspend())
        waiting.withLock { $0.append(box) }
        waiting.notifyAll()
    }

    /// Waits for an exchange and answers it.
    func resumeNext(with response: HTTPResponse) {
        let box = waiting.wait(until: { !$0.isEmpty }, { $0.removeFirst() })
        let exchange = box.withLock { $0.take() }
        if let exchange { exchange.resume(with: response) }
    }

    func resumeAll(with response: HTTPResponse) {
        while count > 0 { resumeNext(with: response) }
    }
}

extension ClosureHandler {
    static func parking(in parked: ParkedExchanges) -> ClosureHandler {
        ClosureHandler { _, exchange in parked.park(exchange) }
    }
}

/// Runs a server for the length of a test, and stops it whatever happens.
func withServer<Result>(
    _ handler: ClosureHandler,
    threads: Int = 2,
    listen: [ListenAddress] = [.anyLoopbackPort],
    limits: ServerLimits = ServerLimits(),
    tls: TLSIdentity? = nil,
    _ body: (HTTPServer) throws -> Result
) throws -> Result {
    let configuration = HTTPServerConfiguration(listen: listen, threads: threads, limits: limits, tls: tls)
    let server = try HTTPServer.start(configuration, handler: handler, logger: .silent)
    defer { server.stop(deadline: .seconds(5)) }
    return try body(server)
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

extension HTTPServer {
    func connect(deadline: Duration = .seconds(10)) throws -> RawConnection {
        try RawConnection(to: boundAddresses[0], deadline: deadline)
    }

    /// Sends bytes on a connection of their own, and reads one answer.
    func answer(to request: String) throws -> RawResponseReader.Response {
        let connection = try connect()
        connection.send(request)
        var reader = RawResponseReader(connection)
        return try reader.next()
    }
}

/// Waits, blocking, until a condition holds; false when it does not within ten seconds.
func holds(_ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        if ContinuousClock.now >= deadline { return false }
        usleep(2000)  // between two looks
    }
    return true
}
