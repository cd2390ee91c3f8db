import FalQueue
import HTTPClient
import Journal
import Logging
import Posix
import Threading

/// Sends what is recorded, a few at a time, and records what came of it.
///
/// `fal.submission.sending` is durable before the first byte leaves: a crash in between leaves a submission uncertain
/// and never has it sent twice. What certainly did not arrive waits and is sent again, for as long as it takes. While fal
/// refuses the key nothing is sent but one submission now and then, to see whether it is taken.
package final class Outbox: Sendable {
    /// How fal is reached.
    struct Configuration: Sendable {
        /// Where the queue is.
        var queue: QueueURL
        /// Who pays.
        var key: FalKey
        /// Where fal reaches the hook; nil when it does not, and outcomes are asked for.
        var publicURL: PublicURL?
        /// Requests under way at once.
        var concurrency = Outbox.concurrencyDefault
    }

    /// Requests under way at once, when nobody has said how many.
    package static let concurrencyDefault = 4
    /// The most requests under way at once; each has a thread and a connection.
    package static let concurrencyMax = 64

    /// The most bytes of fal's answer to a submission; it is some hundred bytes, and has to fit in a journal line.
    static let answerBytesMax = 1 << 20

    /// After so many lost answers in a row nothing is sent for a while.
    static let uncertainMax = 3

    private struct State: Sendable {
        var queue = SendQueue()
        var isClosed = false
        /// Submissions that a thread is busy with.
        var busyCount = 0
        /// What came of requests that were sent, where the journal has not taken it yet.
        var unrecorded: [SubmissionID: SendOutcome] = [:]
        /// The requests in a row of which nobody knows whether they arrived.
        var uncertainCount = 0
        /// Until when nothing is sent: what cannot be known is not to become more.
        var pauseEnd: Int64 = 0
        /// Why fal refuses the key; nil while it does not.
        var keyTrouble: String?
        /// The requests in a row that were refused for their key's sake.
        var keyRefusalCount = 0

        /// Whether something may leave now; while the key is refused, one at a time.
        func maySend(now: Int64) -> Bool { now >= pauseEnd && (keyTrouble == nil || busyCount == 0) }
    }

    private let configuration: Configuration
    private let ledger: Ledger
    private let logger: Logger
    private let state: Monitor<State>
    private let clients: [HTTPClient]
    private let threads: Monitor<[WorkerThread]>
    /// Told of what fal has, or may have.
    private let onSent: @Sendable (SubmissionID) -> Void

    /// Prepares to send; nothing leaves before ``start(_:)``.
    init(
        _ configuration: Configuration,
        ledger: Ledger,
        logger: Logger,
        onSent: @escaping @Sendable (SubmissionID) -> Void
    ) throws(HTTPClientError) {
        self.onSent = onSent
        self.configuration = configuration
        self.ledger = ledger
        self.logger = logger
        state = Monitor(State())
        var options = HTTPClientOptions()
        options.responseBytesMax = Self.answerBytesMax
        var clients: [HTTPClient] = []
        for _ in 0..<configuration.concurrency { clients.append(try HTTPClient(options)) }
        self.clients = clients
        threads = Monitor([])
    }

    /// Starts the threads, with what an earlier run left unsent, and what it left to be recorded.
    func start(_ unsent: [SubmissionID], unrecorded: [SubmissionID: SendOutcome] = [:]) {
        state.withLock { state in
            for id in unsent { state.queue.add(id) }
            for (id, outcome) in unrecorded {
                state.unrecorded[id] = outcome
                state.queue.add(id)
            }
        }
        let started = clients.enumerated().map { number, client in
            WorkerThread(name: "outbox \(number)") { [self] in
                while let id = next() {
                    work(on: id, with: client)
                    state.withLock { $0.busyCount -= 1 }
                    state.notifyAll()
                }
            }
        }
        threads.withLock { $0 = started }
    }

    /// Takes in a submission that is recorded.
    func add(_ id: SubmissionID) {
        state.withLock { $0.queue.add(id) }
        state.notifyOne()
    }

    /// Takes back a submission of which not a byte has left; it is not sent any more, unless it is added again.
    ///
    /// - Returns: Whether it waited here; false while it is on its way, and when it has been.
    func withdraw(_ id: SubmissionID) -> Bool {
        // What was sent and only waits for the journal is not to be had back.
        state.withLock { $0.unrecorded[id] == nil && $0.queue.remove(id) }
    }

    /// Why fal refuses the key, and what to do about it; nil while it does not.
    var trouble: String? { state.withLock { $0.keyTrouble } }

    /// How many submissions are to be sent.
    var depth: Int { state.withLock { $0.queue.count } }

    /// Begins nothing new from here on.
    func close() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
    }

    /// Waits until no request is under way, at most so long.
    func waitUntilIdle(atMost limit: Duration) {
        state.wait(atMost: limit, until: { $0.busyCount == 0 }, { _, _ in })
    }

    /// Ends the threads; a request still under way is broken off and becomes uncertain or waits, as is known of it.
    func stop() {
        close()
        for client in clients { client.cancel() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func next() -> SubmissionID? {
        while true {
            let (id, isClosed, nextDue) = state.withLock { state -> (SubmissionID?, Bool, Int64?) in
                let now = monotonic()
                guard state.maySend(now: now) else {
                    return (nil, state.isClosed, max(state.pauseEnd, now + 1_000_000))
                }
                let id = state.isClosed ? nil : state.queue.next(now: now)
                if id != nil { state.busyCount += 1 }
                return (id, state.isClosed, state.queue.nextDue)
            }
            if isClosed { return nil }
            if let id { return id }
            let wait = nextDue.map { max(1_000, $0 - monotonic()) } ?? 3_600_000_000
            state.wait(
                atMost: .microseconds(wait),
                until: { state in
                    if state.isClosed { return true }
                    let now = monotonic()
                    guard state.maySend(now: now) else { return false }
                    return state.queue.hasWork(now: now) || state.queue.nextDue != nextDue
                },
                { _, _ in }
            )
        }
    }

    /// Sends a submission, or records what came of it when that is all that is missing.
    private func work(on id: SubmissionID, with client: HTTPClient) {
        if let outcome = state.withLock({ $0.unrecorded[id] }) {
            keep(outcome, id)
            return
        }
        do {
            guard let parcel = try ledger.toSend(id) else {
                state.withLock { $0.queue.finish(id) }
                return
            }
            let request = SubmitRequest(
                endpoint: parcel.endpoint,
                input: parcel.input,
                webhookURL: configuration.publicURL?.webhookURL(token: parcel.token.text),
                options: parcel.options
            )
            try ledger.record(.submissionSending, about: id, data: Array("{}".utf8))
            let outcome = attempt(request.httpRequest(to: configuration.queue, key: configuration.key), client)
            pause(after: outcome)
            let following = SendOutcome(outcome)
            hold(after: following)
            keep(following, id)
        } catch {
            // Not a byte has left, for `sending` is not durable.
            logger.error("submission not sent", metadata: ["submission": "\(id)", "error": "\(error)"])
            retryLater(id, atLeast: 0)
        }
    }

    /// Records what came of a request.
    ///
    /// When the journal does not take it, it is kept and only the recording is tried again. The request itself is not: it
    /// may have been paid for.
    private func keep(_ outcome: SendOutcome, _ id: SubmissionID) {
        do {
            try record(outcome, id)
            state.withLock { $0.unrecorded[id] = nil }
        } catch {
            logger.error(
                "outcome of a submission not recorded",
                metadata: ["submission": "\(id)", "error": "\(error)"]
            )
            state.withLock { $0.unrecorded[id] = outcome }
            retryLater(id, atLeast: 0)
        }
    }

    private func attempt(_ request: HTTPRequest, _ client: HTTPClient) -> SubmitOutcome {
        do throws(HTTPClientError) {
            return .classify(.success(try client.send(request)))
        } catch {
            return .classify(.failure(error))
        }
    }

    private func record(_ outcome: SendOutcome, _ id: SubmissionID) throws {
        switch outcome {
        case .settled(let type, let data, let requestID):
            try ledger.record(type, about: id, requestID: requestID, data: data)
            state.withLock { $0.queue.finish(id) }
            onSent(id)
            logger.info(
                "submission sent",
                metadata: [
                    "submission": "\(id)", "event": "\(type.rawValue)", "request_id": "\(requestID ?? "-")",
                ]
            )
        case .again(let data, let atLeast):
            try ledger.record(.submissionWaiting, about: id, data: data)
            retryLater(id, atLeast: atLeast)
            logger.warning(
                "submission not taken, will be sent again",
                metadata: ["submission": "\(id)", "why": "\(String(decoding: data, as: UTF8.self))"]
            )
        case .held(let data, _):
            try ledger.record(.submissionWaiting, about: id, data: data)
            // After the others have had a turn: it may be this endpoint alone that the key may not use.
            let (now, pauseEnd) = (monotonic(), state.withLock { $0.pauseEnd })
            retryLater(id, atLeast: max(0, pauseEnd - now) + SendQueue.firstDelay)
        }
    }

    /// Sends next to nothing while fal refuses the key: no submission is to be refused for what is not its fault.
    private func hold(after outcome: SendOutcome) {
        let (isNew, hasEnded) = state.withLock { state -> (Bool, Bool) in
            switch outcome {
            case .held(_, let why):
                let (isNew, now) = (state.keyTrouble == nil, monotonic())
                state.keyTrouble = why
                // Those that were on their way together count as one.
                guard isNew || now >= state.pauseEnd else { return (false, false) }
                state.keyRefusalCount += 1
                let doubled = SendQueue.firstDelay << Int64(min(state.keyRefusalCount - 1, 6))
                state.pauseEnd = now + min(doubled, SendQueue.delayMax)
                return (isNew, false)
            case .settled(.submissionUncertain, _, _), .again:
                // Says nothing about the key.
                return (false, false)
            case .settled:
                let hadTrouble = state.keyTrouble != nil
                state.keyTrouble = nil
                state.keyRefusalCount = 0
                return (false, hadTrouble)
            }
        }
        if isNew, case .held(_, let why) = outcome {
            logger.error("fal refuses the key; submissions are held", metadata: ["why": "\(why)"])
        }
        if hasEnded { logger.notice("fal takes the key again; what was held is sent") }
    }

    /// Sends less while answers are lost: each one sent into an outage would be one more of which nobody knows.
    private func pause(after outcome: SubmitOutcome) {
        let pause = state.withLock { state -> Int64? in
            guard case .uncertain = outcome else {
                state.uncertainCount = 0
                return nil
            }
            state.uncertainCount += 1
            guard state.uncertainCount >= Self.uncertainMax else { return nil }
            let doubled = SendQueue.firstDelay << Int64(min(state.uncertainCount - Self.uncertainMax, 6))
            let pause = min(doubled, SendQueue.delayMax)
            state.pauseEnd = monotonic() + pause
            return pause
        }
        guard let pause else { return }
        logger.warning(
            "answers of fal are lost one after the other; nothing is sent for a while",
            metadata: ["seconds": "\(pause / 1_000_000)"]
        )
    }

    private func retryLater(_ id: SubmissionID, atLeast: Int64) {
        state.withLock { state in
            _ = state.queue.retry(id, now: monotonic(), atLeast: atLeast, jitter: .random(in: 0..<1))
        }
        state.notifyAll()
    }
}
