import EventStream
import HTTPServer
import JSONText
import Logging
import Posix

/// Events over HTTP on a Unix socket: `GET /events`, as JSON lines or as server-sent events; for reading only.
final class EventsOverHTTP: HTTPHandler {
    /// More connections than readers, so that one more reader is told why it cannot have any.
    static let connectionsMax = 2 * EventFeeder.readersMax

    private let feeder: EventFeeder
    private let log: any EventLog

    private init(feeder: EventFeeder, log: any EventLog) {
        self.feeder = feeder
        self.log = log
    }

    /// A running listener.
    struct Running: Sendable {
        let server: HTTPServer
        let feeder: EventFeeder

        /// Says that there are new events to read; any thread may call.
        func eventsBecameDurable() { feeder.wake() }

        /// Ends every answer and the listener; waits for both.
        func stop(deadline: Duration) {
            server.drain()
            feeder.stop()
            server.stop(deadline: deadline)
        }
    }

    /// Binds the socket and begins to serve.
    ///
    /// - Throws: `HTTPServerError` when the path cannot be bound.
    static func start(path: String, log: any EventLog, logger: Logger) throws(HTTPServerError) -> Running {
        let feeder = EventFeeder(log: log, logger: logger)
        var limits = ServerLimits()
        limits.connectionsMax = connectionsMax
        limits.connectionsPerAddressMax = connectionsMax
        let server = try HTTPServer.start(
            HTTPServerConfiguration(listen: [], unixSockets: [path], threads: 1, limits: limits, serverName: "events"),
            handler: EventsOverHTTP(feeder: feeder, log: log),
            logger: logger
        )
        feeder.start()
        return Running(server: server, feeder: feeder)
    }

    func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision {
        guard head.path == "/events" else {
            return .answer(Self.refusal(404, "not_found", "there is GET /events here, and nothing else"))
        }
        guard head.method == "GET" else {
            return .answer(
                Self.refusal(405, "method_not_allowed", "events are only read here: GET /events", ["Allow": "GET"])
            )
        }
        return .receive(bodyBytesMax: 0)
    }

    func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        exchange.respond(answer(request.head))
    }

    private func answer(_ head: HTTPRequestHead) -> HTTPResponse {
        let format = EventFormat(accept: head.headers.firstText(of: "accept"))
        do throws(EventQueryRefusal) {
            let query = try EventQuery(
                head.queryItems.map { ($0.name, $0.value) },
                lastID: head.headers.firstText(of: "last-event-id")
            )
            // Only what can be had begins with 200.
            _ = try EventFeed(query, log: log)
            guard let stream = feeder.add(query, format: format) else {
                return Self.refusal(
                    503,
                    "too_many_readers",
                    "there are \(EventFeeder.readersMax) readers, the most: end one, or use the event socket",
                    ["Retry-After": "1"]
                )
            }
            return HTTPResponse(
                status: 200,
                headers: ["Content-Type": format.contentType, "Cache-Control": "no-store"],
                body: .stream(stream)
            )
        } catch {
            return Self.refusal(400, error.code, error.message)
        }
    }

    private static func refusal(
        _ status: Int,
        _ code: String,
        _ message: String,
        _ headers: HeaderFields = [:]
    ) -> HTTPResponse {
        var writer = JSONObjectWriter()
        writer.member("code", code)
        writer.member("message", message)
        var fields = headers
        fields.append("Content-Type", "application/json")
        return HTTPResponse(status: status, headers: fields, body: .bytes(writer.bytes + [UInt8(ascii: "\n")]))
    }
}
