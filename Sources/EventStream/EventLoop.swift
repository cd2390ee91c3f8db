import Logging
import Posix
import Synchronization
import Threading

/// The stream's one thread: waits for descriptors, wake-ups and times, and does what the values say.
final class EventLoop {
    typealias Instant = ContinuousClock.Instant

    /// The bytes that are read from a client, or dropped, at once.
    static let chunkBytes = 64 << 10

    /// Connections that are accepted before others have their turn.
    private static let acceptsPerTurn = 64

    private static let listenerToken: UInt64 = 0
    private static let wakeToken: UInt64 = 1

    let shared: SharedState
    let log: any EventLog
    let commands: any CommandHandler
    let limits: EventStreamLimits
    let access: StreamAccess
    let logger: Logger
    let operations: Set<String>

    var now = ContinuousClock.now
    var connections: [UInt64: Connection] = [:]
    var consumers: Consumers
    var connectionsOfUser: [UInt32: Int] = [:]
    var heldInput = 0
    var chunk = [UInt8](repeating: 0, count: EventLoop.chunkBytes)
    /// Journal lines on their way from a cursor to a socket; clients that keep up need no memory of their own.
    var lines: [UInt8] = []
    /// Between which places ``lines`` stand: most subscribers are at the same one, and what is read and checked for the
    /// first of them is for all.
    var linesPlaces: (before: EventPlace, behind: EventPlace)?
    /// What filters pass of ``lines``: subscribers with equal filters share that, too.
    var selections: [(filter: EventFilter, selection: Subscription.Selection)] = []
    /// What filters pass nothing of, between two looks for new events.
    var skips: [Skip] = []
    /// Where nothing more was durable, until something is.
    var durableEndPlace: EventPlace?
    var selected: [UInt8] = []
    /// When accepting goes on after descriptors have run out; nil when it is not held up.
    var acceptPausedUntil: Instant?

    private var nextToken: UInt64 = 2
    private var ready: [UInt64] = []
    private var nextScan: Instant?
    private var stopDeadline: Instant?
    private var pace = NewsPace()

    init(
        shared: SharedState,
        log: any EventLog,
        commands: any CommandHandler,
        limits: EventStreamLimits,
        access: StreamAccess,
        consumers: Consumers,
        logger: Logger
    ) {
        self.shared = shared
        self.consumers = consumers
        self.log = log
        self.commands = commands
        self.limits = limits
        self.access = access
        self.logger = logger
        operations = commands.operations
    }

    /// Serves until it is told to stop.
    func run() {
        // A crowd of readers must not slow the storing: they lag and catch up. With 800 live ones on two processors, 64
        // connections delivered 698/s without this.
        ThreadPriority.giveWay()
        do throws(SystemCallError) {
            try shared.poller.add(shared.wake.number, token: Self.wakeToken, interest: .read)
            try shared.poller.add(shared.listener.number, token: Self.listenerToken, interest: .read)
            var events: [Poller.Event] = []
            while !isOver {
                try shared.poller.wait(timeout: timeout, into: &events)
                now = ContinuousClock.now
                for event in events { handle(event) }
                serveNews()
                if let due = nextScan, due <= now { scan() }
            }
        } catch {
            logger.critical("event stream failed", metadata: [LogKey.error: "\(error)"])
        }
        shared.listener.stopListening()
        shared.listener.removeFile()
        for connection in connections.values { close(connection) }
        closeConsumers()
    }

    /// Puts a connection in the queue of those that may have events to read.
    func makeReady(_ connection: Connection) {
        guard !connection.isReady else { return }
        connection.isReady = true
        ready.append(connection.token)
    }

    /// Sees to it that ``scan()`` runs at that time at the latest.
    func schedule(_ due: Instant?) {
        guard let due else { return }
        nextScan = nextScan.map { min($0, due) } ?? due
    }

    func makeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    func watchListener(_ interest: Poller.Interest) {
        do throws(SystemCallError) {
            try shared.poller.modify(shared.listener.number, token: Self.listenerToken, interest: interest)
        } catch {
            logger.error("listener could not be watched", metadata: [LogKey.error: "\(error)"])
        }
    }

    private var isOver: Bool {
        guard let stopDeadline else { return false }
        return connections.isEmpty || stopDeadline <= now
    }

    private var timeout: Duration? {
        guard ready.isEmpty else { return .zero }
        let newsDue = shared.hasNewEvents.load(ordering: .relaxed) && shared.hasReceivers ? pace.due : nil
        let due = Instant.earlier(.earlier(nextScan, stopDeadline), newsDue)
        return due.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
    }

    private func handle(_ event: Poller.Event) {
        switch event.token {
        case Self.listenerToken: acceptConnections(atMost: Self.acceptsPerTurn)
        case Self.wakeToken: handleWakeUp()
        default:
            // A token that is not known is one of a connection that was closed in this round.
            guard let connection = connections[event.token] else { return }
            handle(event, of: connection)
        }
    }

    private func handleWakeUp() {
        shared.wake.clear()
        takeSaved()
        for token in shared.outbox.takeChanged() {
            guard let connection = connections[token] else { continue }
            connection.hasReplies = true
            settle(connection)
        }
        let reason = shared.stopReason.withLock { $0 }
        if let reason, stopDeadline == nil { beginStop(reason) }
    }

    /// Has everybody look for events, if there are new ones and it is time to look, and gives those their turn who have
    /// something to read.
    private func serveNews() {
        let isTime = pace.due.map { $0 <= now } ?? true
        let hasNews = isTime && shared.hasReceivers && shared.takeNews()
        guard hasNews || !ready.isEmpty else { return }
        let before = threadTime()
        if hasNews {
            durableEndPlace = nil
            skips.removeAll(keepingCapacity: true)
            for connection in connections.values where connection.subscription != nil { makeReady(connection) }
            serveConsumers()
        }
        serveReady()
        pace.took(threadTime() - before, at: .now)
    }

    /// Counts a connection among those that wait for events, or no more; before it reads the first one.
    func count(_ connection: Connection, isReceiving: Bool) {
        guard connection.isCounted != isReceiving else { return }
        connection.isCounted = isReceiving
        // What became durable while nobody waited did not wake this thread, and is no end any more.
        if shared.countReceiver(isReceiving ? 1 : -1) == 1, shared.takeNews() { durableEndPlace = nil }
    }

    private func serveReady() {
        let round = ready
        ready = []
        for token in round {
            guard let connection = connections[token] else { continue }
            connection.isReady = false
            sendEvents(to: connection)
            if let active = connection.membership { serve(active) }
            // Most of a crowd have taken everything, or were given nothing: only their next time is to be seen to.
            if connection.isUndisturbed { schedule(connection.deadline(limits)) } else { settle(connection) }
        }
    }

    private func scan() {
        nextScan = nil
        if let due = acceptPausedUntil {
            if due <= now { resumeAccepting() } else { schedule(due) }
        }
        for connection in connections.values {
            checkTimes(of: connection)
            settle(connection)
        }
        serveConsumers()
    }

    private func beginStop(_ reason: String) {
        stopDeadline = now + limits.farewellTime
        logger.info("event stream stopping", metadata: [LogKey.connections: "\(connections.count)"])
        shared.listener.stopListening()
        shared.listener.removeFile()
        // Those that connected in time are told as well.
        acceptConnections(atMost: Int(UnixSocketListener.backlog) + 1)
        for connection in connections.values {
            connection.hasReplies = true
            fetchReplies(connection)
            sayFarewell(to: connection, code: "stopping", message: reason, until: stopDeadline)
            settle(connection)
        }
    }
}

/// The metadata keys of the stream's log lines.
enum LogKey {
    static let connection = "connection"
    static let connections = "connections"
    static let consumer = "consumer"
    static let error = "error"
    static let group = "gid"
    static let path = "path"
    static let process = "pid"
    static let reason = "reason"
    static let user = "uid"
}
