import HTTPServer
import Synchronization
import Threading

/// A suspended exchange that a closure can carry.
///
/// Closures cannot own a move-only value, so this holds it and gives it out once; answering twice is impossible, and
/// not answering at all stops the process when the exchange goes.
final class ParkedExchange: Sendable {
    private let slot: Monitor<SuspendedExchange?>
    private let number: UInt64
    private let parking: ExchangeParking
    fileprivate let since = ContinuousClock.now

    fileprivate init(_ exchange: consuming SuspendedExchange, number: UInt64, in parking: ExchangeParking) {
        slot = Monitor(consume exchange)
        self.number = number
        self.parking = parking
    }

    /// Answers, from any thread; only the first answer counts.
    func answer(_ answer: HookAnswer) {
        let exchange = slot.withLock { slot in
            slot.take()
        }
        guard exchange != nil else { return }
        exchange?.resume(with: answer.response)
        parking.leave(number)
    }
}

/// Every exchange that waits for its answer.
final class ExchangeParking: Sendable {
    private struct State: Sendable {
        var parked: [UInt64: ParkedExchange] = [:]
    }

    private let state = Monitor(State())
    private let next = Atomic<UInt64>(0)

    /// Keeps a suspended exchange until it is answered.
    func park(_ exchange: consuming SuspendedExchange) -> ParkedExchange {
        let number = next.add(1, ordering: .relaxed).newValue
        let parked = ParkedExchange(exchange, number: number, in: self)
        state.withLock { $0.parked[number] = parked }
        return parked
    }

    /// Waits until every exchange has its answer, at most so long.
    func waitUntilEmpty(atMost limit: Duration) {
        state.wait(atMost: limit, until: { $0.parked.isEmpty }, { _, _ in })
    }

    /// Those that still wait.
    var waiting: [ParkedExchange] { state.withLock { Array($0.parked.values) } }

    /// Those that have waited since before a moment.
    func waiting(sinceBefore moment: ContinuousClock.Instant) -> [ParkedExchange] {
        state.withLock { state in state.parked.values.filter { $0.since < moment } }
    }

    fileprivate func leave(_ number: UInt64) {
        let isEmpty = state.withLock { state in
            state.parked[number] = nil
            return state.parked.isEmpty
        }
        if isEmpty { state.notifyAll() }
    }
}
