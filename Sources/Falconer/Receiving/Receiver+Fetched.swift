import Journal
import Posix
import Threading

extension Receiver {
    /// What became of an outcome that was fetched.
    enum Fate: Sendable {
        /// It is durable.
        case recorded(UInt64)
        /// The same is durable already.
        case known
        /// A delivery of the same request is just being stored.
        case busy
        /// The journal did not take it.
        case failed(Ledger.Failure)
    }

    /// Records an outcome that was fetched from the queue, and waits until it is durable.
    ///
    /// It goes through the same ledger of receipts as deliveries do, so that of a webhook and a fetched result that come
    /// at the same time one is the outcome, and the other the same or a conflict.
    func record(_ outcome: FetchedOutcome, of submission: SubmissionID) -> Fate {
        let receipt = outcome.receipt
        let admission = receipts.withLock { $0.admit(receipt, waiter: {}) }
        switch admission {
        case .duplicate: return .known
        case .wait: return .busy
        case .outcome:
            guard ledger.pastOutcome(outcome.requestID, receipt.request) == nil else {
                abandon(receipt)
                return .known
            }
            return append(outcome, receipt, of: submission, isConflict: false)
        case .conflict:
            guard !isSame(as: receipt.request, outcome.data.bytes) else {
                abandon(receipt)
                return .known
            }
            return append(outcome, receipt, of: submission, isConflict: true)
        }
    }

    /// Whether a body says the same as the outcome that the journal has of a request of ours.
    func isSame(as request: EventKey, _ body: [UInt8]) -> Bool {
        guard let sequence = ledger.withBook({ $0.entry(request: request)?.outcomeSequence }), sequence > 0,
            let event = (try? ledger.journal.event(sequence)) ?? nil, let data = event.data
        else { return false }
        return SameOutcome.holds(data, body)
    }

    /// Whether the outcome that the journal has of a request of ours was fetched.
    func isFetched(_ request: EventKey) -> Bool {
        guard let sequence = ledger.withBook({ $0.entry(request: request)?.outcomeSequence }), sequence > 0 else {
            return false
        }
        return ((try? ledger.journal.event(sequence)) ?? nil)?.origin == .queue
    }

    private func abandon(_ receipt: Receipt) {
        for waiter in receipts.withLock({ $0.abandon(receipt) }) { waiter() }
    }

    private func append(
        _ outcome: FetchedOutcome,
        _ receipt: Receipt,
        of submission: SubmissionID,
        isConflict: Bool
    ) -> Fate {
        let details = ledger.withBook { $0.entry(submission) }.flatMap { ledger.details(of: $0) }
        let draft = outcome.event(submission, details, isConflict: isConflict)
        let time = draft.time
        let result = Monitor<Fate?>(nil)
        ledger.append(draft) { [self] appended in
            switch appended {
            case .success(let sequence):
                let waiters = receipts.withLock {
                    $0.settle(receipt, sequence: sequence, isConflict: isConflict, time: time)
                }
                result.withLock { $0 = .recorded(sequence) }
                result.notifyAll()
                for waiter in waiters { waiter() }
            case .failure(let failure):
                abandon(receipt)
                result.withLock { $0 = .failed(failure) }
                result.notifyAll()
            }
        }
        return result.wait(until: { $0 != nil }, { $0 ?? .busy })
    }
}
