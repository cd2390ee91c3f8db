/// The life of one request, from its request line until the library forgets it.
///
/// libmicrohttpd calls one function for all of it: once with the head, once for each piece of the body, once at its
/// end, and once more after a resume. This says what each call means. An action that queues an answer stands only where
/// the library takes one: at the head, and from the end of the body on (MHD_queue_response).
struct RequestStateMachine: Equatable, Sendable {
    /// How many bytes over the limit of a chunked body are swallowed so that it can be answered 413, since the library
    /// takes no answer in the middle of a body.
    static let swallowedBytesMax = 1024 * 1024

    /// What is to be done with the body.
    enum Verdict: Equatable, Sendable {
        /// Keep at most so many bytes.
        case receive(bodyBytesMax: Int)
        /// Answer without it; `hasBody` says that one was announced.
        case answer(hasBody: Bool)
    }

    /// What to do after an event.
    enum Action: Equatable, Sendable {
        /// Nothing; the library goes on.
        case proceed
        /// Add the piece to the body.
        case append
        /// Throw the piece away.
        case discard
        /// Throw the body so far and the piece away: it is over the limit.
        case discardAll
        /// Give the whole request to the handler.
        case callHandler
        /// Queue the answer that was decided on at the head.
        case queueDecided
        /// Queue the answer to a body that was not kept: 413, or 503 when there was no room for it.
        case queueNotKept
        /// Queue the handler's answer.
        case queueOutcome
        /// Cut the connection: the body goes on and on over the limit.
        case cutOverLimit
        /// Cut the connection: the library called where it never does.
        case cut
    }

    private enum State: Equatable, Sendable {
        case begun
        case receiving(bytesMax: Int, bytes: Int)
        case overLimit(bytesLeft: Int)
        case decided
        case handling
        case parked
        case answered
        case completed
    }

    private var state = State.begun

    /// Whether nothing was decided yet: the next call is the one with the head.
    var awaitsHead: Bool { state == .begun }

    /// Whether the handler has suspended the exchange and the library has not gone on yet.
    var isParked: Bool { state == .parked }

    /// The head is there, and was decided on.
    mutating func headArrived(_ verdict: Verdict) -> Action {
        guard state == .begun else { return fail() }
        switch verdict {
        case .receive(let bytesMax):
            state = .receiving(bytesMax: bytesMax, bytes: 0)
            return .proceed
        case .answer(hasBody: true):
            state = .answered
            return .queueDecided
        case .answer(hasBody: false):
            // Answered at the end, which comes at once: an answer at the head would end the connection.
            state = .decided
            return .proceed
        }
    }

    /// A piece of the body is there.
    mutating func bodyArrived(byteCount: Int) -> Action {
        switch state {
        case .receiving(let bytesMax, let bytes) where byteCount <= bytesMax - bytes:
            state = .receiving(bytesMax: bytesMax, bytes: bytes + byteCount)
            return .append
        case .receiving:
            state = .overLimit(bytesLeft: Self.swallowedBytesMax)
            return .discardAll
        case .overLimit(let bytesLeft) where byteCount <= bytesLeft:
            state = .overLimit(bytesLeft: bytesLeft - byteCount)
            return .discard
        case .overLimit:
            state = .completed
            return .cutOverLimit
        case .decided:
            return .discard
        case .begun, .handling, .parked, .answered, .completed:
            return fail()
        }
    }

    /// There is no room for the piece that was to be added.
    mutating func bodyFoundNoRoom() -> Action {
        guard case .receiving = state else { return fail() }
        state = .overLimit(bytesLeft: Self.swallowedBytesMax)
        return .discardAll
    }

    /// The request is wholly there, or the connection goes on after a resume.
    mutating func proceeded() -> Action {
        switch state {
        case .receiving:
            state = .handling
            return .callHandler
        case .overLimit:
            state = .answered
            return .queueNotKept
        case .decided:
            state = .answered
            return .queueDecided
        case .parked:
            state = .answered
            return .queueOutcome
        case .begun, .handling, .answered, .completed:
            return fail()
        }
    }

    /// The handler has answered without suspending.
    mutating func handlerAnswered() -> Action {
        guard state == .handling else { return fail() }
        state = .answered
        return .queueOutcome
    }

    /// The handler has suspended the exchange.
    mutating func handlerSuspended() -> Action {
        guard state == .handling else { return fail() }
        state = .parked
        return .proceed
    }

    /// The library forgets the request, answered or not.
    mutating func completed() {
        state = .completed
    }

    private mutating func fail() -> Action {
        state = .completed
        return .cut
    }
}
