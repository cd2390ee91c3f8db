import Posix

/// One client: its descriptor, what it said, what it is owed; the stream's thread alone touches it.
final class Connection {
    typealias Instant = ContinuousClock.Instant

    /// How far its closing is.
    enum Closing {
        /// It is not to be closed.
        case no
        /// What waits is sent first, at most until the deadline; then `lingering`, or gone.
        case flushing(until: Instant?, lingers: Bool)
        /// Everything is sent. What the client still sends is read and dropped, because closing with unread input makes
        /// the kernel report a reset to a client that has yet to read our last frame; then gone.
        case lingering(until: Instant)

        /// Whether it is not to be closed.
        var isNo: Bool {
            if case .no = self { return true }
            return false
        }
    }

    /// Unique for the life of the server.
    let token: UInt64
    let descriptor: OwnedDescriptor
    let peer: PeerCredentials

    var state: ConnectionState
    var splitter: LineSplitter
    var output = OutputBuffer()
    var subscription: Subscription?
    var cursor: (any EventCursor)?
    /// The consumer it takes part in.
    var membership: ActiveConsumer?
    var closing = Closing.no
    var interest: Poller.Interest = .read
    /// Whether it is one of those that ``SharedState/receivers`` counts.
    var isCounted = false
    /// Whether it stands in the queue of those that may have something to read.
    var isReady = false
    /// Whether lines that are complete wait for its next turn.
    var hasLines = false
    /// Whether replies wait in the outbox for room.
    var hasReplies = false
    /// Whether the client is gone, so that nothing can be sent.
    var isBroken = false
    /// What it holds of all clients' input together.
    var heldInput = 0
    /// When the client last took something, or was first owed what waits now.
    var lastProgress: Instant
    /// When something was last sent.
    var lastSent: Instant

    init(
        token: UInt64,
        descriptor: consuming OwnedDescriptor,
        peer: PeerCredentials,
        state: ConnectionState,
        limits: EventStreamLimits,
        now: Instant
    ) {
        self.token = token
        self.descriptor = descriptor
        self.peer = peer
        self.state = state
        splitter = LineSplitter(lineBytesMax: limits.commandLineBytesMax)
        lastProgress = now
        lastSent = now
    }

    /// Whether it is a subscriber with nothing that waits, so that giving it events has changed nothing else.
    var isUndisturbed: Bool {
        closing.isNo && subscription != nil && isCounted && output.isEmpty && !isBroken && !hasReplies && heldInput == 0
            && interest == .read
    }

    /// Whether events are sent to it.
    var isReceiving: Bool { subscription != nil || membership != nil }

    /// When something is due although nothing happens.
    func deadline(_ limits: EventStreamLimits) -> Instant? {
        // Without an array: with a thousand subscribers this is asked a thousand times for every batch of events.
        switch closing {
        case .lingering(let until): return until
        case .flushing(let until, _):
            return output.isEmpty ? until : .earlier(until, lastProgress + limits.stallTime)
        case .no: break
        }
        if !output.isEmpty { return .earlier(state.deadline, lastProgress + limits.stallTime) }
        if membership != nil { return .earlier(state.deadline, lastSent + limits.heartbeatInterval) }
        guard let subscription else { return state.deadline }
        let due = Instant.earlier(state.deadline, subscription.positionDue)
        return subscription.isLive ? .earlier(due, lastSent + limits.heartbeatInterval) : due
    }
}

extension ContinuousClock.Instant {
    /// The earlier of two times, either of which may not be there.
    static func earlier(_ one: Self?, _ other: Self?) -> Self? {
        guard let one else { return other }
        guard let other else { return one }
        return min(one, other)
    }
}
