import Journal
import Posix

/// What the journal's events add up to at the start of a service: its only memory.
///
/// No line is read for it. What is needed of lines is read afterwards, from the journal that is open by then.
struct StartState: Sendable {
    /// How many deliveries to submissions of ours are looked at for their account.
    static let accountCandidatesMax = 64

    var book = SubmissionBook()
    var receipts: ReceiptLedger<Receiver.Waiter>
    /// The sequences of the first outcomes that belonged to submissions of ours.
    private(set) var accountCandidates: [UInt64] = []

    /// The state of an empty journal.
    init(dedupeWindow: Duration = ReceiptLedger<Receiver.Waiter>.usualWindow) {
        receipts = ReceiptLedger(window: dedupeWindow)
    }

    /// Takes in the next event.
    mutating func apply(_ event: EventSummary) {
        book.apply(event)
        receipts.replay(event)
        if event.submission != nil, event.type.isOutcome, accountCandidates.count < Self.accountCandidatesMax {
            accountCandidates.append(event.id)
        }
    }

    /// The account of the first delivery that belonged to a submission of ours, read from the journal.
    func account(in journal: Journal) -> String? {
        for sequence in accountCandidates {
            // An outcome that was fetched from the queue has none.
            if let account = ((try? journal.event(sequence)) ?? nil)?.text(.falUserID) { return account }
        }
        return nil
    }

    /// Submissions that are certainly not at fal and are still to be sent, oldest first.
    var unsent: [SubmissionID] {
        book.openEntries.filter { $0.state == .created || $0.state == .waiting }.map(\.id)
    }

    /// Submissions that were on their way when the last run ended; nobody knows whether they arrived.
    var interrupted: [SubmissionID] {
        book.openEntries.filter { $0.state == .sending }.map(\.id)
    }
}
