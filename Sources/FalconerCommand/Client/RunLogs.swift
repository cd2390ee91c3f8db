import JSONText

/// The lines of a run's log, asked for through the service on a connection of their own.
struct RunLogs {
    private let id: String
    private let connection: ServiceConnection

    /// Connects.
    ///
    /// - Throws: ``CommandFailure``.
    init(_ id: String, socket: String) throws {
        self.id = id
        connection = try ServiceConnection(path: socket)
    }

    /// The lines that were not there before; none when there is no answer, for the outcome does not depend on it.
    func news(_ window: inout LogWindow) -> [String] {
        var writer = JSONObjectWriter()
        writer.member("op", "logs")
        writer.member("submission", id)
        guard let reply = try? connection.request(writer.bytes) else { return [] }
        return window.news(reply.objects("logs").map { ($0.string("timestamp"), $0.string("message") ?? "") })
    }
}
