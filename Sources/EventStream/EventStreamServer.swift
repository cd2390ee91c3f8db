package import Logging
import Posix
import Synchronization
import Threading

/// The event socket: one Unix socket, one thread, any number of subscribers and commands.
///
/// The protocol is lines of JSON both ways; an event line is the journal's own. Whoever starts a server stops it.
package final class EventStreamServer: Sendable {
    private let shared: SharedState
    private let thread: WorkerThread

    /// Opens the socket and begins to serve.
    ///
    /// Hold the journal's lock before: it is what keeps two services from taking the socket from each other.
    ///
    /// - Parameters:
    ///   - path: Where, at most 107 bytes (unix(7)); its directory is made when it is missing (0750), the socket's mode
    ///     is 0660, and a file left behind by a service that is gone is replaced.
    ///   - consumersDirectory: Where the files of named consumers are; made when missing.
    ///   - log: Where events come from.
    ///   - commands: Who carries out commands.
    ///   - limits: What clients may use.
    ///   - access: Who may do what.
    ///   - logger: Where connections and failures are noted.
    /// - Returns: The running server.
    /// - Throws: ``EventStreamError``, with `inUse` when another service is running on the path.
    package static func start(
        path: String,
        consumersDirectory: String,
        log: any EventLog,
        commands: any CommandHandler,
        limits: EventStreamLimits = EventStreamLimits(),
        access: StreamAccess = StreamAccess(),
        logger: Logger
    ) throws(EventStreamError) -> EventStreamServer {
        let found: (consumers: [ConsumerSnapshot], unreadable: [String: String])
        do throws(SystemCallError) {
            found = try ConsumerStore.load(directory: consumersDirectory, source: log.source)
        } catch {
            throw .consumers(error)
        }
        for (name, why) in found.unreadable {
            logger.error("consumer unreadable", metadata: [LogKey.consumer: "\(name)", LogKey.reason: "\(why)"])
        }
        let shared = try SharedState(path: path, limits: limits)
        // What cannot be read may hold anything, until somebody repairs or removes it.
        for name in found.unreadable.keys { shared.holds.withLock { $0[name] = 0 } }
        for consumer in found.consumers where consumer.settings.holds {
            shared.holds.withLock { $0[consumer.name] = Consumer(consumer).cursor }
        }
        let store = ConsumerStore(directory: consumersDirectory, source: log.source, logger: logger) { [shared] in
            shared.wake.call()
        }
        let thread = WorkerThread(name: "events") {
            let loop = EventLoop(
                shared: shared,
                log: log,
                commands: commands,
                limits: limits,
                access: access,
                consumers: Consumers(found.consumers, unreadable: found.unreadable, store: store),
                logger: logger
            )
            loop.run()
        }
        return EventStreamServer(shared: shared, thread: thread)
    }

    private init(shared: SharedState, thread: WorkerThread) {
        self.shared = shared
        self.thread = thread
    }

    deinit {
        stop(reason: "the service is stopping")
    }

    /// The consumers that retention waits for, and the id up to which each has finished, as it stands on disk.
    package var holds: [String: UInt64] { shared.holds.withLock { $0 } }

    /// How many connections there are.
    package var connections: Int { shared.connections.load(ordering: .relaxed) }

    /// Says that there are new events to read; any thread may call, and many calls before the thread looks are one.
    package func eventsBecameDurable() {
        // While nobody waits for events it is only noted: waking a thread costs a lone delivery as much as its write.
        if !shared.hasNewEvents.exchange(true, ordering: .sequentiallyConsistent), shared.hasReceivers {
            shared.wake.call()
        }
    }

    /// Ends the service: tells every client `bye`, waits about a second for that to be taken, closes, removes the
    /// socket's file if it is still ours, and waits for the thread.
    ///
    /// Any number of callers may call; the first one waits.
    ///
    /// - Parameter reason: What clients are told, and what to do about it.
    package func stop(reason: String) {
        shared.stopReason.withLock { if $0 == nil { $0 = reason } }
        shared.wake.call()
        thread.join()
    }
}

/// What the stream's thread shares with the others.
final class SharedState: Sendable {
    let listener: UnixSocketListener
    let poller: Poller
    let wake: WakeUp
    let outbox: Outbox
    let hasNewEvents = Atomic(false)
    /// How many connections wait for events.
    private let receivers = Atomic(0)
    let connections = Atomic(0)
    let stopReason = Monitor<String?>(nil)
    let holds = Monitor<[String: UInt64]>([:])

    init(path: String, limits: EventStreamLimits) throws(EventStreamError) {
        do throws(SystemCallError) {
            poller = try Poller()
            wake = try WakeUp()
        } catch {
            throw .system(error)
        }
        do throws(UnixSocketError) {
            listener = try UnixSocketListener(path: UnixSocketPath(path))
        } catch {
            throw .socket(error)
        }
        outbox = Outbox(bytesMax: limits.replyBytesMax, wake: wake)
    }

    /// Whether anybody waits for events.
    ///
    /// Whoever sets ``hasNewEvents`` looks here afterwards, and whoever counts a receiver takes the news afterwards, all
    /// in one order: one of the two sees the other.
    var hasReceivers: Bool { receivers.load(ordering: .sequentiallyConsistent) > 0 }

    /// Counts one more that waits for events, or one less; returns how many there are.
    func countReceiver(_ change: Int) -> Int {
        receivers.add(change, ordering: .sequentiallyConsistent).newValue
    }

    /// Whether there are new events, which are no news from here on.
    func takeNews() -> Bool { hasNewEvents.exchange(false, ordering: .sequentiallyConsistent) }
}
