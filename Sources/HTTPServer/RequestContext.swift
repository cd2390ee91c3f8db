import Logging
import Synchronization
import Threading

/// One request and its answer, from its request line until the library forgets it.
///
/// The library holds one reference, from `requestBegan` to `requestCompleted`. Only the loop's thread touches it, but
/// for ``resume(with:)``.
final class RequestContext: @unchecked Sendable {  // all but `outcome` stays on the loop's thread; see `hasOutcome`.
    /// When a client is asked to come again that found no room for its body, seconds.
    static let retryAfterSeconds = 5

    private let connection: LoopConnection
    private let target: String
    private var machine = RequestStateMachine()
    private var head: HTTPRequestHead?
    private var decided: HTTPResponse?
    private var body: [UInt8] = []
    private var roomTaken = 0
    private var hasFoundNoRoom = false
    private var hasUnreadBody = false
    private var outcome: HTTPResponse?
    /// Set by whoever has written `outcome`, once, and looked at before it is read.
    private let hasOutcome = Atomic(false)

    private var shared: ServerShared { connection.loop.shared }

    init(connection: LoopConnection, target: String, now: ContinuousClock.Instant) {
        self.connection = connection
        self.target = target
        connection.phase = .receiving(since: now)
        shared.counters.requestsInFlight.add(1, ordering: .relaxed)
    }

    /// Whether the next call of the library is the one with the head.
    var awaitsHead: Bool { machine.awaitsHead }

    /// The head is there; false to cut the connection.
    func headArrived(method: String, isHTTP10: Bool, headers: HeaderFields) -> Bool {
        shared.counters.requests.add(1, ordering: .relaxed)
        var head = HTTPRequestHead(method: method, target: target, isHTTP10: isHTTP10, headers: headers)
        let verdict: RequestStateMachine.Verdict
        do {
            head.bodyLength = try HeadRules(limits: shared.limits).bodyLength(of: head)
            verdict = decide(on: head)
        } catch {
            decided = HTTPResponse(status: error.rawValue)
            // How long the body is remains unknown, so the connection cannot be used again.
            verdict = .answer(hasBody: true)
        }
        self.head = head
        hasUnreadBody = verdict == .answer(hasBody: true)
        return perform(machine.headArrived(verdict))
    }

    /// A piece of the body is there; false to cut the connection.
    func bodyArrived(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let action = machine.bodyArrived(byteCount: bytes.count)
        guard action == .append else { return perform(action) }
        let needed = max(0, body.count + bytes.count - ServerLimits.freeBodyBytes) - roomTaken
        guard shared.takeRoom(needed) else {
            hasFoundNoRoom = true
            return perform(machine.bodyFoundNoRoom())
        }
        roomTaken += needed
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// The request is wholly there, or goes on after a resume; false to cut the connection.
    func proceeded() -> Bool {
        perform(machine.proceeded())
    }

    /// The library forgets the request.
    func completed(now: ContinuousClock.Instant) {
        machine.completed()
        shared.giveBack(roomTaken)
        roomTaken = 0
        connection.stream = nil
        connection.hasUnreadBody = hasUnreadBody
        if connection.phase != .cut {
            connection.phase = .idle(since: now)
        }
        shared.counters.requestsInFlight.subtract(1, ordering: .relaxed)
    }

    /// The handler answers within its call.
    func answerNow(_ response: HTTPResponse) {
        settle(response)
    }

    /// The handler parks the connection within its call.
    func suspend() {
        _ = machine.handlerSuspended()
        connection.suspend()
    }

    /// The answer to a parked connection, from any thread.
    func resume(with response: HTTPResponse) {
        settle(response)
        connection.resume()
    }

    private func settle(_ response: HTTPResponse) {
        outcome = response
        hasOutcome.store(true, ordering: .releasing)
    }

    private func decide(on head: HTTPRequestHead) -> RequestStateMachine.Verdict {
        let limit = shared.limits.bodyBytesMax
        guard HeadRules.fits(head.bodyLength, bodyBytesMax: limit) else { return tooLarge() }
        switch shared.handler.decide(on: head, from: connection.peer) {
        case .answer(let response):
            decided = response
            return .answer(hasBody: head.hasBody)
        case .receive(let lower):
            let bodyBytesMax = min(max(lower ?? limit, 0), limit)
            guard HeadRules.fits(head.bodyLength, bodyBytesMax: bodyBytesMax) else { return tooLarge() }
            body.reserveCapacity(Int(head.contentLength ?? 0))
            return .receive(bodyBytesMax: bodyBytesMax)
        }
    }

    private func tooLarge() -> RequestStateMachine.Verdict {
        decided = HTTPResponse(status: HeadRules.Refusal.bodyTooLarge.rawValue)
        return .answer(hasBody: true)
    }

    private func perform(_ action: RequestStateMachine.Action) -> Bool {
        switch action {
        case .proceed, .append, .discard:
            return true
        case .discardAll:
            body = []
            shared.giveBack(roomTaken)
            roomTaken = 0
            return true
        case .callHandler:
            return callHandler()
        case .queueDecided:
            return queue(decided.take(), closes: hasUnreadBody)
        case .queueNotKept:
            let notKept =
                hasFoundNoRoom
                ? HTTPResponse(status: 503, headers: ["Retry-After": "\(Self.retryAfterSeconds)"])
                : HTTPResponse(status: HeadRules.Refusal.bodyTooLarge.rawValue)
            return queue(notKept, closes: true)
        case .queueOutcome:
            return queue(hasOutcome.load(ordering: .acquiring) ? outcome.take() : nil, closes: false)
        case .cutOverLimit:
            return false
        case .cut:
            shared.logger.error("the library called out of turn; the connection is cut")
            return false
        }
    }

    private func callHandler() -> Bool {
        guard let head else { return false }
        connection.phase = .answering
        let request = HTTPRequest(head: head, body: body, peer: connection.peer)
        body = []
        shared.handler.handle(request, HTTPExchange(self))
        // Parked: the library calls again after the resume, which may have come already.
        if machine.isParked { return true }
        return perform(machine.handlerAnswered())
    }

    private func queue(_ response: HTTPResponse?, closes: Bool) -> Bool {
        guard let response else { return false }
        connection.phase = .answering
        let closes = closes || shared.isDraining.load(ordering: .acquiring)
        let isValid = (200...599).contains(response.status)
        switch response.body {
        case _ where !isValid:
            break
        case .prepared(let prepared):
            return prepared.withResponse(closes: closes) { connection.queue(status: response.status, $0) }
        case .bytes(let bytes):
            if let made = LibraryResponse.make(headers: response.headers, body: bytes, closes: closes) {
                return connection.queue(status: response.status, made)
            }
        case .stream(let stream):
            stream.attach(to: connection)
            if let made = LibraryResponse.make(headers: response.headers, stream: stream, closes: closes) {
                connection.stream = stream
                if shared.isFinishingStreams.load(ordering: .acquiring) {
                    stream.finish()
                }
                return connection.queue(status: response.status, made)
            }
        }
        shared.logger.error(
            "an answer could not be sent as it is: a status that is none, or a header field that is refused",
            metadata: ["status": "\(response.status)", "fields": "\(response.headers.map(\.name))"]
        )
        guard let made = LibraryResponse.make(headers: [:], body: [], closes: closes) else { return false }
        return connection.queue(status: 500, made)
    }
}
