/// What a client has said and is owed, as a value: lines and times go in, what to do comes out.
struct ConnectionState: Equatable {
    typealias Instant = ContinuousClock.Instant

    /// What the connection's owner is to do.
    enum Action: Equatable {
        /// Begin a subscription; it ends with ``ConnectionState/subscriptionEnded()``.
        case subscribe(SubscriptionRequest)
        /// Hand a command on; it ends with ``ConnectionState/commandsEnded(_:)``.
        case command(op: String, reference: [UInt8])
        /// Carry out something about a named consumer.
        case consumer(ConsumerOperation, op: String, reference: [UInt8])
        /// Send an `error` frame and go on.
        case refuse(Refusal)
        /// Send an `error` frame and close.
        case refuseAndClose(Refusal)
        /// Close as soon as everything is sent.
        case close
    }

    private enum Subscribing {
        /// No line yet. Next: `declined` with a first command, `active` with a subscription.
        case undecided
        /// The client gave commands first, and subscribes only if it says so. Next: `active`.
        case declined
        /// Events are sent. Next: `over`.
        case active
        /// Everything that was asked for is sent.
        case over
    }

    private let commandsMax: Int
    private let lineTime: Duration
    private let operations: Set<String>

    private var subscribing = Subscribing.undecided
    private(set) var pendingCommands = 0
    private(set) var inputHasEnded = false
    private(set) var isClosing = false
    private var firstLineDue: Instant?
    private var lineDue: Instant?

    init(limits: EventStreamLimits, operations: Set<String>, now: Instant) {
        commandsMax = limits.pendingCommandsMax
        lineTime = limits.lineTime
        self.operations = operations
        firstLineDue = now + limits.firstLineTime
    }

    /// Whether events are being sent.
    var isSubscribed: Bool { subscribing == .active }

    /// Whether another line would be carried out now; otherwise it is left where it is, which holds the client up.
    var wantsLine: Bool { !isClosing && pendingCommands < commandsMax }

    /// When ``timePassed(now:)`` has something to say, unless something else happens before.
    var deadline: Instant? { Instant.earlier(firstLineDue, lineDue) }

    /// A whole line came.
    mutating func received(_ line: [UInt8]) -> Action? {
        guard !isClosing else { return nil }
        firstLineDue = nil
        lineDue = nil
        if line.isEmpty {
            guard subscribing == .undecided else { return nil }
            return begin(SubscriptionRequest())
        }
        do throws(Refusal) {
            switch try ClientLine(line, operations: operations) {
            case .subscribe(let request):
                guard subscribing != .active, subscribing != .over else {
                    return .refuse(
                        Refusal(.alreadySubscribed, "this connection has its subscription: open another connection")
                    )
                }
                return begin(request)
            case .command(let op, let reference):
                decline()
                pendingCommands += 1
                return .command(op: op, reference: reference)
            case .consumer(let operation, let op, let reference):
                decline()
                return .consumer(operation, op: op, reference: reference)
            }
        } catch {
            decline()
            return .refuse(error)
        }
    }

    /// Bytes came that end no line yet, or none are left; a line that was begun has to be ended in time.
    mutating func holdsPartOfALine(_ isBegun: Bool, now: Instant) {
        guard isBegun, !inputHasEnded, !isClosing else {
            lineDue = nil
            return
        }
        firstLineDue = nil
        if lineDue == nil { lineDue = now + lineTime }
    }

    /// The client will send no more; what it asked for goes on.
    mutating func inputEnded() -> Action? {
        guard !inputHasEnded else { return nil }
        inputHasEnded = true
        firstLineDue = nil
        lineDue = nil
        if subscribing == .undecided { return begin(SubscriptionRequest()) }
        return closeIfDone()
    }

    /// Commands have had their last frame.
    mutating func commandsEnded(_ count: Int) -> Action? {
        precondition(count <= pendingCommands, "a command ended twice")
        pendingCommands -= count
        return closeIfDone()
    }

    /// Everything the subscription asked for is sent, or it was refused.
    mutating func subscriptionEnded(wasRefused: Bool = false) -> Action? {
        // A client that is told why not can ask again.
        subscribing = wasRefused ? .declined : .over
        return closeIfDone()
    }

    /// Looks whether the client took too long.
    mutating func timePassed(now: Instant) -> Action? {
        if let due = firstLineDue, due <= now {
            firstLineDue = nil
            return begin(SubscriptionRequest())
        }
        if let due = lineDue, due <= now {
            return refuseAndClose(
                Refusal(.lineTimeout, "a line has to be ended within \(lineTime.components.seconds) s of its beginning")
            )
        }
        return nil
    }

    /// The client goes against a rule after which there is no going on.
    mutating func refuseAndClose(_ refusal: Refusal) -> Action {
        beginClosing()
        return .refuseAndClose(refusal)
    }

    /// Nothing more is taken from the client.
    mutating func beginClosing() {
        isClosing = true
        firstLineDue = nil
        lineDue = nil
    }

    private mutating func begin(_ request: SubscriptionRequest) -> Action {
        subscribing = .active
        return .subscribe(request)
    }

    private mutating func decline() {
        if subscribing == .undecided { subscribing = .declined }
    }

    private mutating func closeIfDone() -> Action? {
        let isDone = subscribing == .over || (inputHasEnded && subscribing != .active)
        guard !isClosing, isDone, pendingCommands == 0 else { return nil }
        beginClosing()
        return .close
    }
}
