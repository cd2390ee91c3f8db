package import Journal
package import Posix

/// Which deliveries have been stored, and which are being stored: the memory that makes a repeated delivery harmless.
///
/// A value without I/O. It is a fold over the journal's `fal.request.*` events, rebuilt at start; while the service runs
/// an entry moves from *in flight* to *settled* only once its event is durable, so a repeated delivery is never answered
/// from an event that is merely queued.
///
/// It remembers for the dedupe window. What a delivery gets that comes again later than that is the receiver's to say.
package struct ReceiptLedger<Waiter> {
    /// What to do with a delivery.
    package enum Admission: Equatable {
        /// It is the first of its request: store it, then call ``settle(_:sequence:isConflict:time:)`` or ``abandon(_:)``.
        case outcome
        /// Its request has a different outcome already: store it as a conflict, then settle or abandon it.
        case conflict
        /// The same delivery is durable already.
        case duplicate(sequence: UInt64)
        /// A delivery of the same request is being stored: the waiter was kept and comes back when that one ends.
        case wait
    }

    /// How long a delivery is remembered when nobody says otherwise.
    package static var usualWindow: Duration { .seconds(24 * 3_600) }

    private var settled: ReceiptTable
    private var inFlight: [EventKey: InFlight] = [:]

    /// A ledger that has seen nothing.
    ///
    /// - Parameter window: How long a delivery is remembered at least, whole seconds by the journal's times.
    package init(window: Duration = Self.usualWindow) {
        settled = ReceiptTable(window: window.components.seconds * 1_000_000)
    }

    /// How many deliveries are remembered.
    package var settledCount: Int { settled.count }

    /// The memory that they take, bytes.
    package var settledByteCount: Int { settled.byteCount }

    /// Decides about a delivery that was verified.
    ///
    /// - Parameters:
    ///   - receipt: The request and its body's fingerprint.
    ///   - waiter: Kept only when the answer is ``Admission/wait``.
    /// - Returns: What to do.
    package mutating func admit(_ receipt: Receipt, waiter: @autoclosure () -> Waiter) -> Admission {
        if inFlight[receipt.request] != nil {
            inFlight[receipt.request]?.waiters.append(waiter())
            return .wait
        }
        guard let outcome = settled.outcome(receipt) else {
            inFlight[receipt.request] = InFlight()
            return .outcome
        }
        if outcome.fingerprint == receipt.fingerprint { return .duplicate(sequence: outcome.sequence) }
        if let sequence = settled.conflict(receipt) { return .duplicate(sequence: sequence) }
        inFlight[receipt.request] = InFlight()
        return .conflict
    }

    /// Notes that the delivery that was admitted is durable.
    ///
    /// - Parameters:
    ///   - receipt: What was admitted.
    ///   - sequence: Its place in the journal; they come in its order.
    ///   - isConflict: Whether it was stored as a conflict.
    ///   - time: The event's time.
    /// - Returns: Who waited for it; each of them asks ``admit(_:waiter:)`` again.
    package mutating func settle(
        _ receipt: Receipt,
        sequence: UInt64,
        isConflict: Bool,
        time: WallTime
    ) -> [Waiter] {
        guard let ended = inFlight.removeValue(forKey: receipt.request) else { return [] }
        settled.add(receipt, sequence: sequence, isConflict: isConflict, time: time)
        return ended.waiters
    }

    /// Notes that the delivery that was admitted could not be stored.
    ///
    /// - Returns: Who waited for it; each of them asks ``admit(_:waiter:)`` again.
    package mutating func abandon(_ receipt: Receipt) -> [Waiter] {
        inFlight.removeValue(forKey: receipt.request)?.waiters ?? []
    }

    /// Takes in an event that the journal already holds; one that records no outcome of a request changes nothing.
    package mutating func replay(_ event: EventSummary) {
        guard event.type.isOutcome, let receipt = Receipt(event) else { return }
        settled.add(receipt, sequence: event.id, isConflict: event.type == .requestConflict, time: event.time)
    }

    fileprivate struct InFlight {
        var waiters: [Waiter] = []
    }
}

extension ReceiptLedger: Sendable where Waiter: Sendable {}

extension ReceiptLedger.InFlight: Sendable where Waiter: Sendable {}

extension EventType {
    /// Whether it records the outcome of a request, the first or another.
    var isOutcome: Bool {
        self == .requestSucceeded || self == .requestFailed || self == .requestConflict
    }
}
