import FalQueue
import HTTPClient

/// Asks fal about requests for a client that waits for the answer; for one thread at a time.
final class Inquirer: Sendable {
    /// How long fal may take to answer.
    static let answerTime: Duration = .seconds(20)
    /// The most bytes of an answer; one with a log has some.
    static let answerBytesMax = 4 << 20

    private let client: HTTPClient
    private let queue: QueueClient

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - queue: Where the queue is.
    ///   - key: Whose requests they are.
    /// - Throws: `HTTPClientError` when the client cannot be made.
    init(queue: QueueURL, key: FalKey) throws(HTTPClientError) {
        var options = HTTPClientOptions()
        options.totalTimeout = Self.answerTime
        options.responseBytesMax = Self.answerBytesMax
        client = try HTTPClient(options)
        self.queue = QueueClient(transport: client, queue: queue, key: key)
    }

    /// Asks fal to cancel a request, and waits for the answer.
    ///
    /// - Throws: `QueueError`.
    func cancel(_ requestID: String, at endpoint: EndpointID) throws(QueueError) -> CancelOutcome {
        try queue.cancel(RequestAddress(queue: queue.queue, endpoint: endpoint, requestID: requestID))
    }

    /// Asks fal how far a request is, and for the lines of its log.
    ///
    /// - Throws: `QueueError`.
    func status(of requestID: String, at endpoint: EndpointID) throws(QueueError) -> QueueStatusAnswer {
        try queue.status(
            of: RequestAddress(queue: queue.queue, endpoint: endpoint, requestID: requestID),
            logs: .include
        )
    }

    /// Breaks off what is under way, and asks nothing more.
    func stop() {
        client.cancel()
    }
}
