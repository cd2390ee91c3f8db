import EventStream
import Logging

/// Everything that passes events on: the event socket with its commands, and events over HTTP.
struct ServiceStreams: Sendable {
    let stream: EventStreamServer
    let commands: Commands
    let http: EventsOverHTTP.Running?

    /// Says that there are new events to read; any thread may call.
    func eventsBecameDurable() {
        stream.eventsBecameDurable()
        http?.eventsBecameDurable()
    }

    /// Tells every client why, ends its connection, and waits for the threads.
    func stop(reason: String) {
        http?.stop(deadline: FalconerService.drainTime)
        stream.stop(reason: reason)
        commands.stop()
    }
}

extension ServiceRooms {
    /// Starts both sockets.
    func startStreams(
        _ configuration: ServiceConfiguration,
        _ outbox: Outbox?,
        _ reconciler: Reconciler?,
        logger: Logger
    ) throws(ServiceStartFailure) -> ServiceStreams {
        let (stream, commands) = try startStream(configuration, outbox, reconciler, logger: logger)
        do throws(ServiceStartFailure) {
            let http = try startHTTPEvents(configuration, logger: logger)
            return ServiceStreams(stream: stream, commands: commands, http: http)
        } catch {
            stream.stop(reason: "the service did not start")
            commands.stop()
            throw error
        }
    }

    private func startHTTPEvents(
        _ configuration: ServiceConfiguration,
        logger: Logger
    ) throws(ServiceStartFailure) -> EventsOverHTTP.Running? {
        guard let path = configuration.httpSocketPath else { return nil }
        do {
            return try EventsOverHTTP.start(path: path, log: JournalEventLog(journal: journal), logger: logger)
        } catch {
            throw ServiceStartFailure(
                .socket,
                "\(error)",
                advice: "choose another path with --http-socket, or 'off' to do without it"
            )
        }
    }
}
