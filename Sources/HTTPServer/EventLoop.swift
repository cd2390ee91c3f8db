import Glibc
import Posix
import Synchronization
import Threading

/// One thread's event loop: it accepts, polls, and runs a libmicrohttpd daemon of its own.
///
/// The library's own epoll threads are not used: with exactly 128 events at once `MHD_epoll` waits a second time, with
/// 128 requests in hand. Here it is only ever called with a timeout of zero (`MHD_run`).
@safe
final class EventLoop: @unchecked Sendable {  // all but `wakeUp` and the atomics stays on the loop's thread.
    let shared: ServerShared
    private let wakeUp: WakeUp
    private let isWakeUpPending = Atomic(false)
    private let parked = Atomic(0)
    private var daemon: LibraryDaemon?
    private var acceptor: Acceptor
    /// What is polled: the daemon, the wake-up, and then the listeners.
    private var polled: [pollfd] = []
    private static let listenersStart = 2
    private var connections: [ObjectIdentifier: LoopConnection] = [:]
    /// Whose socket is being handed to the library, which does not say so in its notification.
    private var arriving: InternetAddress?
    private var nextSweep: ContinuousClock.Instant
    private let sweepInterval: Duration
    private var isDraining = false
    /// Until when nobody's connection is ended for want of a request; only counts while draining.
    private var drainsIdleAt: ContinuousClock.Instant = .now
    private var hasFinishedStreams = false
    private var isReportedQuiet = false

    /// Prepares a loop, in the thread that starts the server.
    init(shared: ServerShared, listeners: [ListenerSocket]) throws(SystemCallError) {
        self.shared = shared
        wakeUp = try WakeUp()
        acceptor = try Acceptor(listeners: listeners)
        let shortest = min(shared.limits.idleTimeout, shared.limits.requestDeadline)
        sweepInterval = min(max(shortest / 4, .milliseconds(10)), .seconds(1))
        nextSweep = .now + sweepInterval
    }

    /// Starts the daemon; false when the library refuses.
    func start(tls: TLSIdentity?) -> Bool {
        guard let daemon = LibraryDaemon(loop: self, limits: shared.limits, tls: tls) else { return false }
        self.daemon = daemon
        polled = ([daemon.epollDescriptor, wakeUp.number] + acceptor.listeners.map(\.number)).map { number in
            pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        }
        return true
    }

    /// Frees the daemon of a loop that never ran.
    func abandon() {
        daemon?.stop()
        daemon = nil
    }

    /// Serves until the server stops.
    func run() {
        guard let daemon else { return }
        shared.onWork?(true)
        while !shared.isStopping.load(ordering: .acquiring) {
            turn(daemon)
        }
        shutDown(daemon)
        shared.onWork?(false)
    }

    // MARK: From any thread

    /// Makes the loop look at what is new; many calls before it does are one system call.
    func wake() {
        if !isWakeUpPending.exchange(true, ordering: .acquiringAndReleasing) {
            wakeUp.call()
        }
    }

    /// A parked connection's resume has returned, and no longer needs the daemon.
    func hasResumed() {
        parked.subtract(1, ordering: .acquiringAndReleasing)
        wake()
    }

    // MARK: From the library's calls

    /// A connection is about to be parked.
    func willPark() {
        parked.add(1, ordering: .acquiringAndReleasing)
    }

    /// The library has taken a socket over.
    func connectionStarted(_ handle: OpaquePointer) -> LoopConnection {
        let peer = arriving.take() ?? InternetAddress(ip: .v4(0), port: 0)
        let connection = unsafe LoopConnection(loop: self, handle: handle, peer: peer, now: .now)
        connections[ObjectIdentifier(connection)] = connection
        return connection
    }

    /// The library is about to close a socket.
    func connectionClosed(_ connection: LoopConnection) {
        if connection.hasUnreadBody {
            connection.discardArrived()
        }
        connections[ObjectIdentifier(connection)] = nil
        shared.admission.release(connection.peer.ip)
    }

    // MARK: On the loop's thread

    private func turn(_ daemon: LibraryDaemon) {
        let readable = poll(daemon)
        if readable.isWoken {
            wakeUp.clear()
            _ = isWakeUpPending.exchange(false, ordering: .acquiringAndReleasing)
        }
        if !isDraining, shared.isDraining.load(ordering: .acquiring) {
            beginToDrain(daemon)
        } else if readable.isListenerReady {
            accept(daemon, atMost: Acceptor.connectionsPerTurnMax)
        }
        if !hasFinishedStreams, shared.isFinishingStreams.load(ordering: .acquiring) {
            finishStreams()
        }
        daemon.run()
        let now = ContinuousClock.now
        if now >= nextSweep {
            nextSweep = now + (isDraining ? min(sweepInterval, Self.drainGrace / 5) : sweepInterval)
            sweep(now: now)
        }
        reportQuiet()
    }

    private func poll(_ daemon: LibraryDaemon) -> (isWoken: Bool, isListenerReady: Bool) {
        let now = ContinuousClock.now
        var until = nextSweep
        var count = polled.count
        if let resumption = acceptor.resumesAt(now: now) {
            until = min(until, resumption)
            count = Self.listenersStart
        }
        let wait = min(daemon.timeout ?? .seconds(1), until - now)
        shared.onWork?(false)
        defer { shared.onWork?(true) }
        // EINTR is a turn with nothing ready, which costs one look.
        let ready = unsafe Glibc.poll(&polled, nfds_t(count), wait.millisecondsRoundedUp)
        guard ready > 0 else { return (false, false) }
        return (polled[1].revents != 0, polled[Self.listenersStart..<count].contains { $0.revents != 0 })
    }

    private func accept(_ daemon: LibraryDaemon, atMost max: Int) {
        acceptor.accept(
            atMost: max,
            now: .now,
            { descriptor, peer in admit(descriptor, peer, daemon) },
            refused: { shared.counters.refusedWithoutDescriptor.add(1, ordering: .relaxed) }
        )
    }

    private func admit(_ descriptor: consuming OwnedDescriptor, _ peer: InternetAddress, _ daemon: LibraryDaemon) {
        // A refused descriptor is closed where it goes out of scope.
        switch shared.admission.admit(peer.ip) {
        case .overTotal:
            shared.counters.refusedOverTotal.add(1, ordering: .relaxed)
        case .overAddress:
            shared.counters.refusedOverAddress.add(1, ordering: .relaxed)
        case .admitted:
            shared.counters.accepted.add(1, ordering: .relaxed)
            arriving = peer
            // The library may fail before it has said "started", and then says no "closed" either.
            if !daemon.add(descriptor, from: peer), arriving.take() != nil {
                shared.admission.release(peer.ip)
            }
        }
    }

    private func beginToDrain(_ daemon: LibraryDaemon) {
        isDraining = true
        // Who waits in the kernel's queue already is answered; closing the listener would reset them.
        accept(daemon, atMost: shared.limits.connectionsMax)
        closeListeners()
        drainsIdleAt = .now + Self.drainGrace
        nextSweep = min(nextSweep, drainsIdleAt)
    }

    /// How long a connection without a request is kept when draining begins, or after an answer that did not say that
    /// the connection closes: the client may just be sending its next request, which then gets an answer that says so.
    static let drainGrace: Duration = .seconds(1)

    private func closeListeners() {
        polled.removeSubrange(Self.listenersStart...)
        acceptor.close()
    }

    private func finishStreams() {
        hasFinishedStreams = true
        for connection in connections.values {
            connection.stream?.finish()
        }
    }

    /// Cuts off who takes too long, and who has gone without the library seeing it.
    ///
    /// It does not see the end of a connection that had come already when it read what was before it: the sockets are
    /// edge-triggered, and `recv_param_adapter` in connection.c of 0.9.75 waits for another edge after a short read.
    /// Nor does it look at parked ones.
    private func sweep(now: ContinuousClock.Instant) {
        for connection in connections.values {
            switch connection.phase {
            case .idle(let since) where isDraining && now >= max(drainsIdleAt, since + Self.drainGrace):
                connection.endAfterWhatArrived()
            case .idle(let since) where now - since >= shared.limits.idleTimeout:
                shared.counters.idleClosed.add(1, ordering: .relaxed)
                connection.cut()
            case .receiving(let since) where now - since >= shared.limits.requestDeadline:
                shared.counters.deadlineClosed.add(1, ordering: .relaxed)
                connection.cut()
            case .idle, .receiving:
                if connection.peerHasGone { connection.cut() }
            case .answering:
                if let stream = connection.stream, connection.peerHasGone {
                    stream.peerHasGone()
                }
            case .cut:
                break
            }
        }
    }

    private func reportQuiet() {
        guard isDraining, !isReportedQuiet, connections.isEmpty, parked.load(ordering: .acquiring) == 0 else { return }
        isReportedQuiet = true
        shared.busyLoops.withLock { $0 -= 1 }
        shared.busyLoops.notifyAll()
    }

    private func shutDown(_ daemon: LibraryDaemon) {
        closeListeners()
        finishStreams()
        // The library aborts the process when it is stopped with a parked connection (`close_all_connections` in
        // daemon.c). A resume under way in another thread ends at once and wakes us.
        let patience = ContinuousClock.now + Self.lastPatience
        while parked.load(ordering: .acquiring) > 0, ContinuousClock.now < patience {
            _ = poll(daemon)
            wakeUp.clear()
            _ = isWakeUpPending.exchange(false, ordering: .acquiringAndReleasing)
        }
        let left = parked.load(ordering: .acquiring)
        precondition(left == 0, "the server was stopped with \(left) suspended exchanges: resume each one before")
        daemon.stop()
        self.daemon = nil
        reportQuiet()
    }

    /// How long a loop that is told to stop waits for a resume that has begun.
    private static let lastPatience: Duration = .seconds(1)
}

extension Duration {
    /// For poll(2): rounded up, so that a wait of less than a millisecond does not spin.
    fileprivate var millisecondsRoundedUp: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
