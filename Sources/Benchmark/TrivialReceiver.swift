import HTTPServer
package import Logging
import ServiceLifecycle

/// A receiver that answers 200 to everything, without verifying or storing: what the HTTP server alone costs.
package final class TrivialReceiver: Service {
    private let server: HTTPServer

    /// Where it listens.
    package let url: String

    /// Starts on a free port of 127.0.0.1.
    ///
    /// - Parameter logger: Where the server logs.
    /// - Throws: `HTTPServerError` when no address or no thread is to be had.
    package init(logger: Logger) throws {
        let configuration = HTTPServerConfiguration(serverName: "trivial")
        server = try HTTPServer.start(configuration, handler: Answer(), logger: logger)
        url = "http://\(server.boundAddresses.first.map { "\($0)" } ?? "")"
    }

    /// Answers until it is asked to stop.
    ///
    /// - Throws: Nothing of its own.
    package func run() async throws {
        try? await gracefulShutdown()
        server.drain()
        server.stop(deadline: .seconds(4))
    }

    private struct Answer: HTTPHandler {
        func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision { .receive }

        func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
            exchange.respond(HTTPResponse(status: 200, text: "{\"status\":\"stored\",\"id\":\"1\"}"))
        }
    }
}
