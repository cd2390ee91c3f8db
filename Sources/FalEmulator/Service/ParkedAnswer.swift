internal import HTTPServer
internal import Threading

/// A suspended exchange and the answer it gets once its webhook has been tried.
///
/// Collections cannot own a move-only value, so this holds it and uses it up once.
final class ParkedAnswer: Sendable {
    private let slot: Monitor<SuspendedExchange?>
    private let response: HTTPResponse

    /// Takes over a suspended exchange.
    init(_ exchange: consuming SuspendedExchange, _ response: HTTPResponse) {
        slot = Monitor(consume exchange)
        self.response = response
    }

    /// Answers, from any thread; more calls do nothing.
    func send() {
        send(response)
    }

    /// Answers with what has become known since, from any thread; more calls do nothing.
    func send(_ response: HTTPResponse) {
        let exchange = slot.withLock { slot in slot.take() }
        exchange?.resume(with: response)
    }
}
