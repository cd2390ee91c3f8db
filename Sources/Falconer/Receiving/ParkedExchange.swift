import HTTPServer
import Synchronization
import Threading

/// A suspended exchange that a closure can carry.
///
/// Closures cannot own a move-only value, so this holds it and gives it out once; answering twice is impossible, and
/// not answering at all stops the process when the exchange goes.
final class ParkedExchange: @unchecked Sendable {  // `exchange` is touched only by who has set `isTaken`.
    private let isTaken = Atomic(false)
    private var exchange: SuspendedExchange?
    /// Where it is parked; set before anybody else has it.
    fileprivate var place = 0
    private let parking: ExchangeParking
    fileprivate let since = ContinuousClock.now

    fileprivate init(_ exchange: consuming SuspendedExchange, in parking: ExchangeParking) {
        self.exchange = consume exchange
        self.parking = parking
    }

    /// Answers, from any thread; only the first answer counts.
    func answer(_ answer: HookAnswer) {
        guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return }
        exchange.take()?.resume(with: answer.response)
        parking.leave(place)
    }
}

/// Every exchange that waits for its answer.
final class ExchangeParking: Sendable {
    /// Places rather than a table by number: each delivery takes one and gives it back.
    private struct State: Sendable {
        var parked: [ParkedExchange?] = []
        var freePlaces: [Int] = []

        var isEmpty: Bool { freePlaces.count == parked.count }
    }

    private let state = Monitor(State())

    /// Keeps a suspended exchange until it is answered.
    func park(_ exchange: consuming SuspendedExchange) -> ParkedExchange {
        let parked = ParkedExchange(exchange, in: self)
        state.withLock { state in
            if let place = state.freePlaces.popLast() {
                parked.place = place
                state.parked[place] = parked
            } else {
                parked.place = state.parked.count
                state.parked.append(parked)
            }
        }
        return parked
    }

    /// Waits until every exchange has its answer, at most so long.
    func waitUntilEmpty(atMost limit: Duration) {
        state.wait(atMost: limit, until: { $0.isEmpty }, { _, _ in })
    }

    /// Those that still wait.
    var waiting: [ParkedExchange] { state.withLock { $0.parked.compactMap(\.self) } }

    /// Those that have waited since before a moment.
    func waiting(sinceBefore moment: ContinuousClock.Instant) -> [ParkedExchange] {
        state.withLock { state in state.parked.compactMap(\.self).filter { $0.since < moment } }
    }

    fileprivate func leave(_ place: Int) {
        let (isEmpty, left) = state.withLock { state in
            let left = state.parked[place].take()
            state.freePlaces.append(place)
            return (state.isEmpty, left)
        }
        // The last reference may go with it, and not under the lock.
        withExtendedLifetime(left) {}
        if isEmpty { state.notifyAll() }
    }
}
