/// Which deliveries have been stored, and which are being stored: the memory that makes a repeated delivery harmless.
///
/// A value without I/O. It is a fold over the journal's `fal.request.*` events, rebuilt at start; while the service runs
/// an entry moves from *in flight* to *settled* only once its event is durable, so a repeated delivery is never answered
/// from an event that is merely queued.
package struct ReceiptLedger<Waiter> {
    /// What to do with a delivery.
    package enum Admission: Equatable {
        /// It is the first of its request: store it, then call ``settle(_:sequence:)`` or ``abandon(_:)``.
        case outcome
        /// Its request has a different outcome already: store it as a conflict, then settle or abandon it.
        case conflict
        /// The same delivery is durable already.
        case duplicate(sequence: UInt64)
        /// A delivery of the same request is being stored: the waiter was kept and comes back when that one ends.
        case wait
    }

    private var outcomes: [RequestKey: Settled] = [:]
    private var conflicts: [Receipt: UInt64] = [:]
    private var inFlight: [RequestKey: InFlight] = [:]

    /// A ledger that has seen nothing.
    package init() {}

    /// How many requests have a durable outcome.
    package var settledCount: Int { outcomes.count }

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
        guard let settled = outcomes[receipt.request] else {
            inFlight[receipt.request] = InFlight(receipt: receipt, isConflict: false)
            return .outcome
        }
        if settled.fingerprint == receipt.fingerprint { return .duplicate(sequence: settled.sequence) }
        if let sequence = conflicts[receipt] { return .duplicate(sequence: sequence) }
        inFlight[receipt.request] = InFlight(receipt: receipt, isConflict: true)
        return .conflict
    }

    /// Notes that the delivery that was admitted is durable.
    ///
    /// - Returns: Who waited for it; each of them asks ``admit(_:waiter:)`` again.
    package mutating func settle(_ receipt: Receipt, sequence: UInt64) -> [Waiter] {
        guard let ended = inFlight.removeValue(forKey: receipt.request) else { return [] }
        note(ended.receipt, sequence: sequence, isConflict: ended.isConflict)
        return ended.waiters
    }

    /// Notes that the delivery that was admitted could not be stored.
    ///
    /// - Returns: Who waited for it; each of them asks ``admit(_:waiter:)`` again.
    package mutating func abandon(_ receipt: Receipt) -> [Waiter] {
        inFlight.removeValue(forKey: receipt.request)?.waiters ?? []
    }

    /// Takes in an event that the journal already holds.
    package mutating func replay(_ receipt: Receipt, sequence: UInt64, isConflict: Bool) {
        note(receipt, sequence: sequence, isConflict: isConflict)
    }

    private mutating func note(_ receipt: Receipt, sequence: UInt64, isConflict: Bool) {
        if isConflict {
            conflicts[receipt] = sequence
        } else {
            outcomes[receipt.request] = Settled(sequence: sequence, fingerprint: receipt.fingerprint)
        }
    }

    private struct Settled {
        var sequence: UInt64
        var fingerprint: UInt64
    }

    fileprivate struct InFlight {
        var receipt: Receipt
        var isConflict: Bool
        var waiters: [Waiter] = []
    }
}

extension ReceiptLedger: Sendable where Waiter: Sendable {}

extension ReceiptLedger.InFlight: Sendable where Waiter: Sendable {}
