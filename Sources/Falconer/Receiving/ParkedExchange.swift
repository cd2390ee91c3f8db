import HTTPServer
import Threading

/// A suspended exchange that a closure can carry.
///
/// Closures cannot own a move-only value, so this holds it and gives it out once; answering twice is impossible, and
/// not answering at all stops the process when the exchange goes.
final class ParkedExchange: Sendable {
    private let slot: Monitor<SuspendedExchange?>

    /// Takes over a suspended exchange.
    init(_ exchange: consuming SuspendedExchange) {
        slot = Monitor(consume exchange)
    }

    /// Answers, from any thread; only the first answer counts.
    func answer(_ answer: HookAnswer) {
        let exchange = slot.withLock { slot in
            slot.take()
        }
        exchange?.resume(with: answer.response)
    }
}
