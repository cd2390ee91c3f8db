internal import Crypto
internal import HTTPClient
internal import Logging
internal import Posix
internal import Threading

/// The emulator behind its HTTP server: the state, the thread that plays it, and the threads that send webhooks.
final class EmulatorCore: Sendable {
    /// How many webhooks are sent at once; one that hangs holds one of them.
    static let senderCount = 4
    /// How long the scheduler sleeps when nothing is due.
    static let idleWait: Duration = .seconds(3600)
    /// The shortest time limit of an attempt, however fast the schedule is played: a receiver is not any faster.
    static let attemptTimeoutMin: Duration = .seconds(2)

    let settings: EmulatorConfiguration
    let clock = EmulatorClock()
    let state: Monitor<EmulatorState>
    private let schedule: WebhookSchedule
    private let signer: DeliverySigner
    private let logger: Logger
    private let clients: [HTTPClient]
    private let threads = Monitor<[WorkerThread]>([])

    /// Puts it together; nothing runs before ``start()``.
    init(_ settings: EmulatorConfiguration, _ state: EmulatorState, logger: Logger) throws(EmulatorStartFailure) {
        self.settings = settings
        self.state = Monitor(state)
        self.logger = logger
        schedule = state.plan.schedule
        signer = DeliverySigner(account: settings.account)
        var options = HTTPClientOptions()
        options.userAgent = "falconer-emulator"
        options.connectionReuse = .never
        options.responseBytesMax = 1024 * 1024
        var clients: [HTTPClient] = []
        do throws(HTTPClientError) {
            for _ in 0..<Self.senderCount {
                clients.append(try HTTPClient(options))
            }
        } catch {
            throw EmulatorStartFailure(.system, "no HTTP client could be made: \(error.detail)")
        }
        self.clients = clients
    }

    /// Whether the queue drops every connection at the moment.
    var isAway: Bool { state.withLock { state in state.outageEnd > clock.now } }

    /// Starts the threads.
    func start() {
        var started = [WorkerThread(name: "emu-schedule") { [self] in playAll() }]
        for (number, client) in clients.enumerated() {
            started.append(WorkerThread(name: "emu-send-\(number)") { [self] in sendAll(with: client) })
        }
        let all = started
        threads.withLock { threads in threads = all }
    }

    /// Ends what is under way and joins the threads; blocks.
    func stop() {
        let (parked, streams) = state.withLock { state in
            state.isStopping = true
            defer {
                state.parked = [:]
                state.runs = [:]
            }
            return (Array(state.parked.values) + Array(state.runs.values), Array(state.streams.values))
        }
        state.notifyAll()
        parked.forEach { $0.send() }
        clients.forEach { $0.cancel() }
        let threads = threads.withLock { threads in threads }
        threads.forEach { $0.join() }
        for news in state.withLock({ state in state.takeNews() }) { _ = news.write.perform() }
        streams.forEach { $0.finish() }
    }

    /// Changes the queue and does what it wants done.
    ///
    /// - Parameter change: Runs under the lock, with the state and the time.
    /// - Returns: What `change` returned besides the actions.
    func change<Result: Sendable>(
        _ change: (inout EmulatorState, Int64) -> (Result, [EmulatedQueue.Action])
    ) -> Result {
        let now = clock.now
        let (result, actions) = state.withLock { state in
            let due = state.advance(now: now)
            let outcome = change(&state, now)
            state.collectNews(now: now)
            state.touch()
            return (outcome.0, due + outcome.1)
        }
        apply(actions)
        return result
    }

    /// Does what the queue wants done.
    func apply(_ actions: [EmulatedQueue.Action]) {
        let keys = actions.filter { $0 == .rotateKeys }.compactMap { _ in newKey() }
        let now = clock.now
        let released = state.withLock { state in
            state.apply(actions, newKeys: keys, settings: settings, now: now)
        }
        state.notifyAll()
        released.forEach { $0.send() }
    }

    private func newKey() -> EmulatorKeys.Key? {
        do throws(CryptoError) {
            return try EmulatorKeys.Key()
        } catch {
            logger.error("no new signing key", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

// MARK: - The scheduler

extension EmulatorCore {
    private func playAll() {
        var seen = -1
        while true {
            let wait = state.withLock { state in state.nextDue }.map { Duration.microseconds(max(0, $0 - clock.now)) }
            let isOver = state.wait(
                atMost: wait ?? Self.idleWait,
                until: { [seen] in $0.generation != seen || $0.isStopping },
                { state, _ in
                    seen = state.generation
                    return state.isStopping
                }
            )
            if isOver {
                saveKeys()
                return
            }
            let now = clock.now
            play(now: now)
            tellStreams()
            answerRuns(now: now)
            saveKeys()
        }
    }

    private func play(now: Int64) {
        let actions = state.withLock { state in
            let actions = state.advance(now: now)
            state.collectNews(now: now)
            return actions
        }
        if !actions.isEmpty { apply(actions) }
        if isRotationDue(now: now) { apply([.rotateKeys]) }
        let hasReady = state.withLock { state in
            state.moveDue(now: now)
            return !state.ready.isEmpty
        }
        if hasReady { state.notifyAll() }
    }

    private func isRotationDue(now: Int64) -> Bool {
        guard let interval = settings.keyRotationInterval else { return false }
        return state.withLock { state in
            guard let due = state.nextKeyRotation, due <= now else { return false }
            state.nextKeyRotation = now + interval.microseconds
            return true
        }
    }

    private func tellStreams() {
        for (number, write) in state.withLock({ state in state.takeNews() }) where !write.perform() {
            state.withLock { state in state.streams[number] = nil }
        }
    }

    private func answerRuns(now: Int64) {
        for run in state.withLock({ state in state.takeEndedRuns(now: now) }) {
            run.answer.send(.result(run.result, id: run.id))
        }
    }

    private func saveKeys() {
        guard let path = settings.keysFile else { return }
        let keys = state.withLock { state -> EmulatorKeys? in
            defer { state.hasUnsavedKeys = false }
            return state.hasUnsavedKeys ? state.keys : nil
        }
        guard let keys else { return }
        do throws(EmulatorStartFailure) {
            try KeysFile.write(keys, to: path)
        } catch {
            logger.error("the rotated keys were not saved", metadata: ["error": "\(error)"])
        }
    }
}

// MARK: - The senders

extension EmulatorCore {
    private func sendAll(with client: HTTPClient) {
        while true {
            let next = state.wait(
                until: { !$0.ready.isEmpty || $0.isStopping },
                { state -> (PlannedDelivery, Ed25519PrivateKey)? in
                    state.isStopping ? nil : (state.ready.removeFirst(), state.keys.signing)
                }
            )
            guard let (planned, key) = next else { return }
            send(planned, key, with: client)
        }
    }

    private func send(_ planned: PlannedDelivery, _ key: Ed25519PrivateKey, with client: HTTPClient) {
        var planned = planned
        let startedAt = clock.now
        let outcome: DeliveryAttempt.Outcome
        do {
            let request = try request(&planned, key)
            outcome = .answered(try client.send(request).status)
        } catch let error as HTTPClientError {
            outcome = error.kind == .badURL ? .withheld(error.detail) : .failed(error.detail)
        } catch {
            outcome = .failed("\(error)")
        }
        let sent = planned
        let now = clock.now
        let jitter = Double.random(in: 0..<1)
        let released = state.withLock { state in
            guard !state.isStopping else { return nil as ParkedAnswer? }
            state.plan.finish(sent, outcome, startedAt: startedAt, now: now, jitter: jitter)
            state.touch()
            return state.parked.removeValue(forKey: sent.delivery.requestID)
        }
        state.notifyAll()
        released?.send()
        logger.debug(
            "webhook",
            metadata: ["request": "\(sent.delivery.requestID)", "attempt": "\(sent.attempt)", "outcome": "\(outcome)"]
        )
    }

    private func request(
        _ planned: inout PlannedDelivery,
        _ key: Ed25519PrivateKey
    ) throws -> HTTPRequest {
        let delivery = planned.delivery
        let headers: HTTPHeaders
        if settings.keepsFirstSignature, let first = planned.firstHeaders {
            headers = first
        } else {
            headers = try signer.headers(
                for: delivery.body,
                requestID: delivery.requestID,
                // The wall clock, and not the one of the schedule: that one stops while the machine sleeps, and a receiver
                // takes a timestamp only within 300 s.
                now: WallTime.now.microseconds,
                key: key,
                fault: delivery.fault.signatureFault
            )
            planned.firstHeaders = headers
        }
        let body = delivery.fault == .truncated ? Array(delivery.body.dropLast(delivery.body.count / 2)) : delivery.body
        return HTTPRequest(
            method: .post,
            url: delivery.url,
            headers: headers,
            body: body,
            totalTimeout: max(.microseconds(schedule.timeout(attempt: planned.attempt)), Self.attemptTimeoutMin)
        )
    }
}

extension Scenario.WebhookFault {
    /// What it means for the signature.
    fileprivate var signatureFault: DeliverySigner.Fault {
        DeliverySigner.Fault(
            isSignatureBad: self == .badSignature,
            isTimestampStale: self == .staleTimestamp,
            isAccountWrong: self == .wrongAccount,
            isUnsigned: self == .unsigned
        )
    }
}
