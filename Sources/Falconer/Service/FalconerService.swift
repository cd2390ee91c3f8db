import EventStream
import FalQueue
import HTTPServer
import Journal
package import Logging
import Posix
import ServiceLifecycle
import SystemPackage
import Threading
import Webhook

/// The service, put together: the hook, the journal, the event stream and the outbox.
///
/// It is running once ``start(_:logger:)`` has returned; ``run()`` waits for the end.
package final class FalconerService: Service {
    /// Where a running service can be reached.
    package struct Reachable: Sendable {
        /// The addresses the hook listens on, with their real ports.
        package var listening: [String]
        /// The hook's URL on the first of them.
        package var url: String
        /// The event stream's socket.
        package var socket: String
        /// The socket on which events are read over HTTP; nil when there is none.
        package var httpSocket: String?
        /// The folder of everything that lasts.
        package var data: String
        /// Where fal reaches the hook; nil when nobody said.
        package var publicURL: String?
    }

    /// How long what was answered may take to reach its clients when the service stops.
    static let drainTime: Duration = .milliseconds(1_500)

    /// How long deliveries and submissions under way may take when the service stops; what is not done by then is told
    /// to come again, or is uncertain.
    static let patience: Duration = .seconds(2)

    /// How long a stop may take altogether; a disk that has not come back by then is not waited for.
    static let stopTime: Duration = .seconds(10)

    /// Where it can be reached.
    package let reachable: Reachable

    private let journal: Journal
    private let keys: KeyKeeper
    private let rejections: RejectionLog
    private let receiver: Receiver
    private let server: HTTPServer
    private let streams: ServiceStreams
    private let outbox: Outbox?
    private let reconciler: Reconciler?
    private let downloader: Downloader?
    private let logger: Logger
    private let failures: AsyncStream<JournalFailure>
    private let whenOverdue: @Sendable () -> Void

    private init(
        reachable: Reachable,
        rooms: ServiceRooms,
        server: HTTPServer,
        streams: ServiceStreams,
        outbox: Outbox?,
        reconciler: Reconciler?,
        downloader: Downloader?,
        logger: Logger,
        whenOverdue: @escaping @Sendable () -> Void
    ) {
        self.whenOverdue = whenOverdue
        self.reachable = reachable
        journal = rooms.journal
        keys = rooms.keys
        rejections = rooms.rejections
        receiver = rooms.receiver
        failures = rooms.failures
        self.server = server
        self.streams = streams
        self.outbox = outbox
        self.reconciler = reconciler
        self.downloader = downloader
        self.logger = logger
    }

    /// Starts everything, in the order in which each part needs the one before.
    ///
    /// - Parameters:
    ///   - configuration: Everything that it is told.
    ///   - logger: Where it logs.
    ///   - whenOverdue: Called on a thread of its own when a stop takes longer than ``stopTime``, because a disk does not
    ///     come back: the process has to end without waiting for it.
    /// - Returns: The service, running.
    /// - Throws: ``ServiceStartFailure``, which says which part did not start and what to do.
    package static func start(
        _ configuration: ServiceConfiguration,
        logger: Logger,
        whenOverdue: @escaping @Sendable () -> Void = {}
    ) throws(ServiceStartFailure) -> FalconerService {
        let rooms = try ServiceRooms.open(configuration, logger: logger)
        do throws(ServiceStartFailure) {
            let server = try rooms.startServer(configuration, logger: logger)
            do throws(ServiceStartFailure) {
                return try start(configuration, rooms, server, logger, whenOverdue)
            } catch {
                rooms.receiver.drain()
                rooms.keys.stop()
                server.stop(deadline: drainTime)
                throw error
            }
        } catch {
            rooms.close()
            throw error
        }
    }

    private static func start(
        _ configuration: ServiceConfiguration,
        _ rooms: ServiceRooms,
        _ server: HTTPServer,
        _ logger: Logger,
        _ whenOverdue: @escaping @Sendable () -> Void
    ) throws(ServiceStartFailure) -> FalconerService {
        let url = "http://\(server.boundAddresses.first.map { "\($0)" } ?? "")"
        let publicURL = try configuration.publicURL(listening: url)
        let reconciler = try rooms.makeReconciler(configuration, publicURL, logger: logger)
        let outbox = try rooms.makeOutbox(configuration, publicURL, reconciler, logger: logger)
        let downloader = try rooms.makeDownloader(configuration, logger: logger)
        let streams = try rooms.startStreams(configuration, outbox, reconciler, logger: logger)
        rooms.journal.onDurable { _ in
            streams.eventsBecameDurable()
            downloader?.eventsBecameDurable()
        }
        // For what became durable before there was somebody to be told.
        streams.eventsBecameDurable()
        let unsettled: [SubmissionID: SendOutcome]
        do throws(ServiceStartFailure) {
            unsettled = try rooms.settleInterrupted()
        } catch {
            streams.stop(reason: "the service did not start")
            throw error
        }
        if outbox == nil, !rooms.unsent.isEmpty {
            logger.warning(
                "submissions wait that this service cannot send",
                metadata: ["count": "\(rooms.unsent.count)", "why": "\(configuration.whyNothingIsSent)"]
            )
        }
        reconciler?.start()
        downloader?.start()
        rooms.receiver.fetch(with: reconciler)
        outbox?.start(rooms.unsent, unrecorded: unsettled)
        // Not before everybody who needs old events is there to say so.
        rooms.journal.keepWithin(
            configuration.retention,
            holds: { [ledger = rooms.ledger] in
                let consumers = streams.stream.holds.sorted { $0.key < $1.key }
                return ledger.holds
                    + consumers.map { RetentionHold(holder: "consumer \($0.key)", cursor: $0.value) }
            },
            logger: logger
        )
        let reachable = Reachable(
            listening: server.boundAddresses.map { "\($0)" },
            url: url,
            socket: configuration.socketPath,
            httpSocket: configuration.httpSocketPath,
            data: configuration.dataDirectory.string,
            publicURL: publicURL.map { "\($0)" }
        )
        return FalconerService(
            reachable: reachable,
            rooms: rooms,
            server: server,
            streams: streams,
            outbox: outbox,
            reconciler: reconciler,
            downloader: downloader,
            logger: logger,
            whenOverdue: whenOverdue
        )
    }

    /// Waits until the service is asked to stop or its journal fails, and stops it.
    ///
    /// - Throws: `JournalFailure` when the journal failed: the process must end, and the next start reads the disk.
    package func run() async throws {
        let failure = await cancelWhenGracefulShutdown { [failures] () -> JournalFailure? in
            for await failure in failures { return failure }
            return nil
        }
        let watch = StopWatch(atMost: Self.stopTime) { [logger, whenOverdue] in
            logger.critical("the disk does not come back; ending without it, all that was acknowledged is on it")
            whenOverdue()
        }
        await onThread(named: "stop") { [self] in stop() }
        watch.end()
        if let failure = failure ?? (journal.failure == .poisoned ? .poisoned : nil) { throw failure }
    }

    /// Stops in the reverse order: nothing new comes in, what is under way is answered, then the files are closed.
    private func stop() {
        logger.info("stopping")
        receiver.drain()
        server.drain()
        keys.stop()
        outbox?.close()
        let deadline = ContinuousClock.now + Self.patience
        receiver.waitUntilAnswered(atMost: Self.patience)
        outbox?.waitUntilIdle(atMost: ContinuousClock.now.duration(to: deadline))
        // A disk that does not come back in time: fal is told to come again, and finds it stored or not.
        receiver.answerTheRest()
        outbox?.stop()
        receiver.fetch(with: nil)
        reconciler?.stop()
        downloader?.stop()
        server.stop(deadline: Self.drainTime)
        streams.stop(reason: "the service is stopping")
        journal.close()
        receiver.close()
        rejections.close()
        logger.info("stopped")
    }
}

/// Runs blocking work on a thread of its own and waits for it without blocking the caller's.
private func onThread(named name: String, _ work: @escaping @Sendable () -> Void) async {
    let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
    let thread = WorkerThread(name: name) {
        work()
        continuation.finish()
    }
    for await _ in ends {}
    thread.join()
}
