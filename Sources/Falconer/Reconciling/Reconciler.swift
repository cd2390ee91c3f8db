import FalQueue
import HTTPClient
import JSONText
import Journal
import Logging
import Posix
import Threading

/// Follows every submission that fal has, or may have, until its outcome is known, or nothing can be known of it.
///
/// Its memory is the journal: what is open is read from there at a start. It records through the receiver, so that a
/// webhook and a fetched result never become two outcomes.
final class Reconciler: Sendable {
    /// How fal is asked.
    struct Configuration: Sendable {
        /// Where the queue is.
        var queue: QueueURL
        /// Where the platform API is.
        var platform: QueueURL
        /// Who asks.
        var key: FalKey
        /// Whom to ask about, and when.
        var policy: WatchList.Policy
        /// The questions a minute.
        var budget: Int
    }

    /// How many questions are under way at once; one of them is a search.
    static let threadCount = 3
    /// The longest result that is taken: it has to fit in a line of the journal.
    static let resultBytesMax = 8 << 20
    /// How many of the newest outcomes are read at a start to learn how long requests take.
    static let learnedMax = 64

    private struct State: Sendable {
        var list: WatchList
        var pace: PollingPace
        /// Why fal does not answer, while it does not.
        var trouble: String?
        var isClosed = false
    }

    let configuration: Configuration
    let ledger: Ledger
    let logger: Logger
    private let receiver: Receiver
    /// The newest census of each endpoint that one was taken of.
    let censuses = Monitor<[String: RequestCensus]>([:])
    private let state: Monitor<State>
    private let clients: [HTTPClient]
    private let threads: Monitor<[WorkerThread]>

    /// Prepares; nobody is asked before ``start()``.
    init(
        _ configuration: Configuration,
        ledger: Ledger,
        receiver: Receiver,
        logger: Logger
    ) throws(HTTPClientError) {
        self.configuration = configuration
        self.ledger = ledger
        self.receiver = receiver
        self.logger = logger
        state = Monitor(
            State(list: WatchList(configuration.policy), pace: PollingPace(perMinute: configuration.budget))
        )
        var options = HTTPClientOptions()
        options.responseBytesMax = Self.resultBytesMax
        options.totalTimeout = .seconds(60)
        var clients: [HTTPClient] = []
        for _ in 0..<Self.threadCount { clients.append(try HTTPClient(options)) }
        self.clients = clients
        threads = Monitor([])
    }

    /// Why fal does not answer; nil while it does.
    var trouble: String? { state.withLock { $0.trouble } }

    /// What asking has come to so far.
    var polling: PollingReport {
        let now = monotonic()
        return state.withLock { state in
            PollingReport(
                budget: state.pace.perMinute,
                lastMinute: state.pace.lastMinute(now: now),
                asked: state.pace.askedCount,
                followed: state.list.count,
                due: state.list.dueCount(now: now),
                pauseSeconds: state.pace.pause(now: now).map { Int(($0 - now) / 1_000_000) + 1 },
                trouble: state.trouble
            )
        }
    }

    /// How often fal was asked about a submission since the service started, and in how many seconds it will be again.
    ///
    /// - Returns: nil when it is not followed, or nobody is asked.
    func progress(of id: SubmissionID) -> (asked: Int, nextSeconds: Int)? {
        guard isPolling, let (asked, due) = state.withLock({ $0.list.progress(of: id) }) else { return nil }
        return (asked, max(0, Int((due - monotonic()) / 1_000_000)))
    }

    /// Notes a question that belongs to one that was allowed.
    func charge() {
        let now = monotonic()
        state.withLock { $0.pace.charge(now: now) }
    }

    /// Whether fal is asked at all.
    var isPolling: Bool { configuration.policy.isPolling }

    /// Starts with everything that is open.
    func start() {
        learn()
        for entry in ledger.withBook({ $0.openEntries }) { follow(entry.id) }
        let started = clients.enumerated().map { number, client in
            WorkerThread(name: "reconciler \(number)") { [self] in
                while let (id, errand) = next(searching: number == 0) {
                    run(errand, id, QueueClient(client, configuration))
                }
            }
        }
        threads.withLock { $0 = started }
    }

    /// Ends the threads; a question under way is broken off.
    func stop() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        for client in clients { client.cancel() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    /// Follows a submission, if fal has or may have it.
    func follow(_ id: SubmissionID) {
        guard let entry = ledger.withBook({ $0.entry(id) }), entry.state == .accepted || entry.state == .uncertain
        else {
            return
        }
        let record = ledger.record(entry)
        guard let endpoint = record.endpoint else { return }
        let age = max(0, WallTime.now.microseconds - (record.updatedAt ?? .now).microseconds)
        let now = monotonic()
        state.withLock { state in
            state.list.follow(
                id,
                endpoint: endpoint,
                requestID: entry.state == .accepted ? record.requestID : nil,
                since: now - age,
                now: now,
                jitter: .random(in: 0..<1)
            )
        }
        state.notifyAll()
    }

    /// Takes in that something says the result of a request is there.
    ///
    /// - Returns: Whether it will be fetched.
    @discardableResult
    func hint(_ id: SubmissionID, requestID: String) -> Bool {
        let isFollowed = state.withLock { $0.list.hint(id, requestID: requestID, now: monotonic()) }
        if isFollowed { state.notifyAll() }
        return isFollowed
    }

    // MARK: - What is next

    private func next(searching: Bool) -> (SubmissionID, WatchList.Errand)? {
        while true {
            let now = monotonic()
            let (work, wake, isClosed) = state.withLock {
                state -> ((id: SubmissionID, errand: WatchList.Errand)?, Int64, Bool) in
                if state.isClosed { return (nil, 0, true) }
                guard let due = state.list.nextDue(searching: searching), due <= now else {
                    return (nil, state.list.nextDue(searching: searching) ?? now + 3_600_000_000, false)
                }
                if let later = state.pace.take(now: now) { return (nil, later, false) }
                return (state.list.next(now: now, searching: searching), now, false)
            }
            if isClosed { return nil }
            if let work { return (work.id, work.errand) }
            state.wait(
                atMost: .microseconds(max(1_000, wake - monotonic())),
                until: {
                    $0.isClosed || ($0.pace.failureCount == 0 && ($0.list.nextDue(searching: searching) ?? .max) < wake)
                },
                { _, _ in }
            )
        }
    }

    private func finish(_ id: SubmissionID, _ answer: WatchList.Answer) -> Bool {
        let isUnknown = state.withLock {
            $0.list.finish(id, answer, now: monotonic(), jitter: .random(in: 0..<1))
        }
        state.notifyAll()
        return isUnknown
    }

    private func forget(_ id: SubmissionID) {
        state.withLock { $0.list.forget(id) }
    }

    private func noteAnswer() {
        let isFirst = state.withLock { state in
            state.trouble = nil
            return state.pace.answered()
        }
        if isFirst { logger.notice("fal answers again") }
    }

    private func noteFailure(_ error: QueueError) {
        let why = "\(error)"
        let isFirst = state.withLock { state in
            state.trouble = why
            return state.pace.failed(now: monotonic(), jitter: .random(in: 0..<1))
        }
        if isFirst {
            logger.warning(
                "fal does not say how submissions are doing; asking again, less often",
                metadata: ["why": "\(why)"]
            )
        }
    }
}

// MARK: - Errands

extension Reconciler {
    private func run(_ errand: WatchList.Errand, _ id: SubmissionID, _ client: QueueClient) {
        guard let entry = ledger.withBook({ $0.entry(id) }), entry.state == .accepted || entry.state == .uncertain
        else {
            learn(from: id)
            forget(id)
            return
        }
        switch errand {
        case .giveUp: giveUp(entry, client)
        case .search: search(entry, client)
        case .status(let requestID): ask(entry, requestID, client)
        case .result(let requestID):
            if entry.state == .uncertain, !adopt(entry, requestID, foundBy: "callback") {
                _ = finish(id, .again)
                return
            }
            fetch(entry, requestID, nil, client)
        }
    }

    private func ask(_ entry: SubmissionEntry, _ requestID: String, _ client: QueueClient) {
        do throws(QueueError) {
            guard let address = address(entry, requestID) else { return loseUnreadable(entry) }
            let answer = try client.status(of: address)
            noteAnswer()
            guard case .completed(let run) = answer.status else {
                _ = finish(entry.id, .running)
                return
            }
            charge()
            fetch(entry, requestID, run, client)
        } catch {
            settle(error, entry, requestID, nil)
        }
    }

    private func fetch(_ entry: SubmissionEntry, _ requestID: String, _ run: CompletedRun?, _ client: QueueClient) {
        do throws(QueueError) {
            guard let address = address(entry, requestID) else { return loseUnreadable(entry) }
            let result = try client.result(of: address)
            noteAnswer()
            guard let outcome = FetchedOutcome(result, run, requestID: requestID) else {
                // Perhaps the gateway's own error; the status will tell.
                _ = finish(entry.id, .running)
                return
            }
            keep(outcome, entry, resultBytes: result.body.count)
        } catch {
            settle(error, entry, requestID, run)
        }
    }

    private func settle(_ error: QueueError, _ entry: SubmissionEntry, _ requestID: String, _ run: CompletedRun?) {
        switch error {
        case .notReady:
            noteAnswer()
            _ = finish(entry.id, .running)
        case .notFound:
            noteAnswer()
            if let failure = run?.error {
                keep(FetchedOutcome(failed: failure, requestID: requestID), entry, resultBytes: 0)
            } else if finish(entry.id, .unknown) {
                let message =
                    run == nil
                    ? "fal does not know request \(requestID) (any more)"
                    : "the run of request \(requestID) ended and its result has expired"
                lose(entry, code: run == nil ? "unknown_at_fal" : "expired", message, requestID: requestID)
            }
        case .transport(.tooLarge, let detail):
            lose(entry, code: "too_large", "the result cannot be kept: \(detail)", requestID: requestID)
        case .transport, .keyRefused, .unexpected, .unreadable:
            noteFailure(error)
            _ = finish(entry.id, .again)
        }
    }

    private func keep(_ outcome: FetchedOutcome, _ entry: SubmissionEntry, resultBytes: Int) {
        switch receiver.record(outcome, of: entry.id) {
        case .recorded(let sequence):
            if let (endpoint, since) = state.withLock({ $0.list.following(entry.id) }) {
                let duration = monotonic() - since
                state.withLock { state in
                    state.list.durations.learn(endpoint, took: duration)
                    state.list.durations.learn(endpoint, resultBytes: resultBytes)
                }
            }
            logger.info(
                "outcome fetched",
                metadata: ["submission": "\(entry.id)", "request_id": "\(outcome.requestID)", "id": "\(sequence)"]
            )
            forget(entry.id)
        case .known: forget(entry.id)
        case .busy: _ = finish(entry.id, .again)
        case .failed(let failure):
            logger.error("outcome not recorded", metadata: ["submission": "\(entry.id)", "error": "\(failure)"])
            _ = finish(entry.id, .again)
        }
    }

    /// Records which request a submission became of which that was not known.
    ///
    /// - Returns: Whether it is durable.
    func adopt(_ entry: SubmissionEntry, _ requestID: String, foundBy: String) -> Bool {
        // A person may have had it sent again in the meantime.
        guard ledger.withBook({ $0.entry(entry.id)?.state }) == .uncertain else { return false }
        var data = SendOutcome.found(requestID)
        data.member("found_by", foundBy)
        do {
            try ledger.record(.submissionAccepted, about: entry.id, requestID: requestID, data: data.bytes)
            logger.notice(
                "an uncertain submission was found at fal",
                metadata: ["submission": "\(entry.id)", "request_id": "\(requestID)", "by": "\(foundBy)"]
            )
            return true
        } catch {
            logger.error("submission not recorded", metadata: ["submission": "\(entry.id)", "error": "\(error)"])
            return false
        }
    }

    private func search(_ entry: SubmissionEntry, _ client: QueueClient) {
        // Found through the platform's list of requests, in Reconciler+Search.
        switch find(entry, client) {
        case .found(let requestID):
            noteAnswer()
            if adopt(entry, requestID, foundBy: "platform") {
                forget(entry.id)
                follow(entry.id)
                hint(entry.id, requestID: requestID)
            } else {
                _ = finish(entry.id, .again)
            }
        case .notFound, .ambiguous:
            noteAnswer()
            _ = finish(entry.id, .notFound)
        case .failed(let error):
            // The platform's API is another machine than the queue; its outage is not the queue's.
            logger.info(
                "the platform's list of requests could not be read",
                metadata: ["submission": "\(entry.id)", "why": "\(error)"]
            )
            _ = finish(entry.id, .notFound)
        }
    }

    private func giveUp(_ entry: SubmissionEntry, _ client: QueueClient) {
        if entry.state == .uncertain {
            // Once more, for fal may have been away until now.
            if isPolling {
                switch find(entry, client) {
                case .found: return search(entry, client)
                case .failed(.transport), .failed(.unexpected):
                    _ = finish(entry.id, .again)
                    return
                case .failed, .notFound, .ambiguous: break
                }
            }
            lose(
                entry,
                code: "uncertain",
                "nobody knows whether fal took it: its answer was lost, no callback came, and it was not found at fal; "
                    + "'falconer resend' sends it again and may pay twice",
                requestID: nil
            )
        } else {
            lose(entry, code: "no_callback", "no callback came, and asking fal is switched off", requestID: nil)
        }
    }

    private func loseUnreadable(_ entry: SubmissionEntry) {
        lose(entry, code: "unreadable", "the journal does not hold where it was sent to", requestID: nil)
    }

    private func lose(_ entry: SubmissionEntry, code: String, _ message: String, requestID: String?) {
        do {
            let data = SendOutcome.data(code: code, message: message)
            try ledger.record(.submissionLost, about: entry.id, requestID: requestID, data: data)
            logger.warning("submission lost", metadata: ["submission": "\(entry.id)", "why": "\(message)"])
            forget(entry.id)
        } catch {
            logger.error("submission not recorded", metadata: ["submission": "\(entry.id)", "error": "\(error)"])
            _ = finish(entry.id, .again)
        }
    }

    private func address(_ entry: SubmissionEntry, _ requestID: String) -> RequestAddress? {
        guard let text = ledger.details(of: entry)?.endpoint, let endpoint = try? EndpointID.parse(text) else {
            return nil
        }
        let accepted = (try? ledger.journal.event(entry.lastSequence)) ?? nil
        let answer = accepted?.data.flatMap { SubmitAnswer(body: $0) }
        return RequestAddress(
            queue: configuration.queue,
            endpoint: endpoint,
            requestID: requestID,
            answer: answer?.requestID == requestID ? answer : nil
        )
    }

    // MARK: - Learning

    /// Learns from the newest submissions that have ended.
    private func learn() {
        let ids = ledger.withBook { book in
            book.page(in: .succeeded, limit: Self.learnedMax).entries.map(\.id)
        }
        for id in ids.reversed() {
            guard let entry = ledger.withBook({ $0.entry(id) }) else { continue }
            let record = ledger.record(entry)
            guard let endpoint = record.endpoint, let end = record.updatedAt, let start = record.createdAt else {
                continue
            }
            let duration = end.microseconds - start.microseconds
            state.withLock { $0.list.durations.learn(endpoint, took: duration) }
        }
    }

    /// Learns from a submission whose callback came.
    private func learn(from id: SubmissionID) {
        guard let (endpoint, since) = state.withLock({ $0.list.following(id) }),
            let entry = ledger.withBook({ $0.entry(id) }), entry.state == .succeeded,
            let end = ledger.record(entry).updatedAt
        else { return }
        let duration = monotonic() - since - max(0, WallTime.now.microseconds - end.microseconds)
        state.withLock { $0.list.durations.learn(endpoint, took: duration) }
    }
}

extension QueueClient {
    fileprivate init(_ transport: HTTPClient, _ configuration: Reconciler.Configuration) {
        self.init(transport: transport, queue: configuration.queue, key: configuration.key)
    }
}
