import FalQueue
import HTTPClient
import Journal
import Logging
import Posix
import Threading

/// Sends what is recorded, a few at a time, and records what came of it.
///
/// `fal.submission.sending` is durable before the first byte leaves: a crash in between leaves a submission uncertain
/// and never has it sent twice. What certainly did not arrive waits and is sent again, for as long as it takes.
final class Outbox: Sendable {
    /// How fal is reached.
    struct Configuration: Sendable {
        /// Where the queue is.
        var queue: QueueURL
        /// Who pays.
        var key: FalKey
        /// Where fal reaches the hook.
        var publicURL: PublicURL
        /// Requests under way at once.
        var concurrency = 4
    }

    private struct State: Sendable {
        var queue = SendQueue()
        var isClosed = false
    }

    private let configuration: Configuration
    private let ledger: Ledger
    private let logger: Logger
    private let state: Monitor<State>
    private let clients: [HTTPClient]
    private let threads: Monitor<[WorkerThread]>

    /// Prepares to send; nothing leaves before ``start(_:)``.
    init(_ configuration: Configuration, ledger: Ledger, logger: Logger) throws(HTTPClientError) {
        self.configuration = configuration
        self.ledger = ledger
        self.logger = logger
        state = Monitor(State())
        var clients: [HTTPClient] = []
        for _ in 0..<configuration.concurrency { clients.append(try HTTPClient()) }
        self.clients = clients
        threads = Monitor([])
    }

    /// Starts the threads, with what an earlier run left unsent.
    func start(_ unsent: [SubmissionID]) {
        state.withLock { state in
            for id in unsent { state.queue.add(id) }
        }
        let started = clients.enumerated().map { number, client in
            WorkerThread(name: "outbox \(number)") { [self] in
                while let id = next() { send(id, with: client) }
            }
        }
        threads.withLock { $0 = started }
    }

    /// Takes in a submission that is recorded.
    func add(_ id: SubmissionID) {
        state.withLock { $0.queue.add(id) }
        state.notifyOne()
    }

    /// How many submissions are to be sent.
    var depth: Int { state.withLock { $0.queue.count } }

    /// Ends the threads; a request under way is broken off and becomes uncertain or waits, as is known of it.
    func stop() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        for client in clients { client.cancel() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func next() -> SubmissionID? {
        while true {
            let (id, isClosed, nextDue) = state.withLock { state in
                (state.isClosed ? nil : state.queue.next(now: monotonic()), state.isClosed, state.queue.nextDue)
            }
            if isClosed { return nil }
            if let id { return id }
            let wait = nextDue.map { max(1_000, $0 - monotonic()) } ?? 3_600_000_000
            state.wait(
                atMost: .microseconds(wait),
                until: { $0.isClosed || $0.queue.hasWork(now: monotonic()) },
                { _, _ in }
            )
        }
    }

    private func send(_ id: SubmissionID, with client: HTTPClient) {
        do {
            guard let submission = try ledger.submission(id), submission.record.state.isSendable else { return }
            let request = SubmitRequest(
                endpoint: submission.endpoint,
                input: submission.input,
                webhookURL: configuration.publicURL.webhookURL(token: submission.record.token.text)
            )
            try ledger.record(.submissionSending, about: submission.record, data: Array("{}".utf8))
            let outcome = attempt(request.httpRequest(to: configuration.queue, key: configuration.key), client)
            try record(SendOutcome(outcome), submission.record)
        } catch {
            // Nothing was sent, or it was and the journal failed: the journal's own state says which at the next start.
            logger.error("submission not sent", metadata: ["submission": "\(id)", "error": "\(error)"])
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

    private func record(_ outcome: SendOutcome, _ record: SubmissionRecord) throws {
        switch outcome {
        case .settled(let type, let data, let requestID):
            try ledger.record(type, about: record, requestID: requestID, data: data)
            state.withLock { $0.queue.finish(record.id) }
            logger.info(
                "submission sent",
                metadata: [
                    "submission": "\(record.id)", "event": "\(type.rawValue)", "request_id": "\(requestID ?? "-")",
                ]
            )
        case .again(let data, let atLeast):
            try ledger.record(.submissionWaiting, about: record, data: data)
            retryLater(record.id, atLeast: atLeast)
            logger.warning(
                "submission not taken, will be sent again",
                metadata: ["submission": "\(record.id)", "why": "\(String(decoding: data, as: UTF8.self))"]
            )
        }
    }

    private func retryLater(_ id: SubmissionID, atLeast: Int64) {
        state.withLock { state in
            _ = state.queue.retry(id, now: monotonic(), atLeast: atLeast, jitter: .random(in: 0..<1))
        }
        state.notifyAll()
    }
}

extension SubmissionState {
    /// Whether a submission in this state may leave: it certainly is not at fal.
    fileprivate var isSendable: Bool {
        self == .created || self == .waiting
    }
}
