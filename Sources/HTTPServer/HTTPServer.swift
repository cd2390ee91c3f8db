package import Logging
package import Posix

/// An HTTP/1.1 server on libmicrohttpd, with event loops of its own.
package final class HTTPServer: Sendable {
    /// The addresses it listens on, with the ports the kernel chose, in the configuration's order.
    package let boundAddresses: [InternetAddress]

    private init() { boundAddresses = [] }

    /// Binds, starts the event loops, and takes connections from here on.
    package static func start(
        _ configuration: HTTPServerConfiguration,
        handler: any HTTPHandler,
        logger: Logger
    ) throws(HTTPServerError) -> HTTPServer {
        throw .libraryRefused
    }

    /// What it has done so far.
    package var statistics: HTTPServerStatistics { HTTPServerStatistics() }

    /// Takes no more connections, closes idle ones, and ends each other one with its next answer; returns at once.
    package func drain() {}

    /// Drains, waits at most `deadline` for what is in flight, then cuts the rest and joins the event loops; blocks.
    package func stop(deadline: Duration) {}
}
