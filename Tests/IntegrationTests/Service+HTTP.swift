import Posix
import TestSupport
import Testing

extension Service {
    typealias Response = RawResponseReader.Response

    /// Starts the service and waits until deliveries can be stored.
    static func ready(
        in directory: TemporaryDirectory,
        _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> Service {
        let service = try Service(in: directory, arguments, environment: environment)
        let isReady = try await eventually { try service.get("/healthz").status == 200 }
        guard isReady else {
            throw SetUpFailure(description: "never ready: \(service.process.text(.standardError))")
        }
        return service
    }

    /// A new connection to the hook.
    func connect(deadline: Duration = .seconds(60)) throws -> RawConnection {
        try RawConnection(to: InternetAddress(ip: .v4(0x7F00_0001), port: port), deadline: deadline)
    }

    /// Sends bytes on a connection of their own and reads the answer.
    func exchange(_ bytes: [UInt8]) throws -> Response {
        let connection = try connect()
        connection.send(bytes)
        var reader = RawResponseReader(connection)
        return try reader.next()
    }

    /// Delivers.
    @discardableResult
    func deliver(_ delivery: Delivery) throws -> Response {
        try exchange(delivery.bytes)
    }

    /// Asks for a path.
    func get(_ path: String) throws -> Response {
        try exchange(Array("GET \(path) HTTP/1.1\r\nHost: hook\r\n\r\n".utf8))
    }

    /// Proves that the service lives and stores: the id that the next delivery gets.
    func storesTheNext(_ requestID: String = "the-next") throws -> String? {
        let response = try deliver(Delivery(requestID))
        return response.status == 200 ? response.id : nil
    }

    /// The events that subscribers see, from the first to the last durable one.
    func events() throws -> [[String: JSONValue]] {
        try Subscriber(socket, "{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}")
            .eventsUntilClosed().map { try object($0.line) }
    }
}

extension RawResponseReader.Response {
    /// The word in the answer's body: stored, duplicate, unauthorized.
    var word: String? { (try? object(text))?["status"]?.string }

    /// The event's id in the answer's body.
    var id: String? { (try? object(text))?["id"]?.string }
}
