import Crypto
import JSONText
import Journal
import Webhook

/// What the journal's events add up to at the start of a service: its only memory.
struct StartState: Sendable {
    var book = SubmissionBook()
    var receipts = ReceiptLedger<Receiver.Waiter>()
    /// The account of the first delivery that belonged to a submission of ours.
    var account: String?

    /// Takes in the next event.
    mutating func apply(_ event: EventLine) {
        book.apply(SubmissionFact(event))
        guard event.type.isOutcome, let requestID = event.subject, let data = event.data else { return }
        receipts.replay(
            Receipt(requestID: requestID, bodyDigest: SHA256.digest(data.span)),
            sequence: event.id,
            isConflict: event.type == .requestConflict
        )
        if account == nil, event.submission != nil { account = event.text(.falUserID) }
    }

    /// Takes in every event of a journal.
    mutating func read(_ journal: Journal) throws(JournalError) {
        let reader = try journal.reader(after: 0)
        var lines: [UInt8] = []
        while try reader.read(into: &lines, limit: 1 << 20) != .caughtUp {
            for line in lines.split(separator: UInt8(ascii: "\n")) {
                if let event = try? EventLine.parse(Array(line)) { apply(event) }
            }
            lines.removeAll(keepingCapacity: true)
        }
    }

    /// Submissions that are certainly not at fal and are still to be sent, oldest first.
    var unsent: [SubmissionID] {
        book.all.filter { $0.state == .created || $0.state == .waiting }.map(\.id)
    }

    /// Submissions that were on their way when the last run ended; nobody knows whether they arrived.
    var interrupted: [SubmissionRecord] {
        book.all.filter { $0.state == .sending }
    }
}

extension EventType {
    /// Whether it records the outcome of a request, the first or another.
    fileprivate var isOutcome: Bool {
        self == .requestSucceeded || self == .requestFailed || self == .requestConflict
    }
}

extension SubmissionFact {
    /// The facts of an event as the journal has it.
    init(_ event: EventLine) {
        self.init(
            sequence: event.id,
            time: event.time,
            type: event.type,
            submission: event.submission.flatMap { SubmissionID($0) },
            requestID: event.subject,
            endpoint: event.endpoint,
            tag: event.tag,
            token: event.type == .submissionCreated ? event.data.flatMap(Self.token) : nil
        )
    }

    private static func token(in data: [UInt8]) -> HookToken? {
        guard let members = try? JSONText.members(of: data.span, depthMax: JSONText.envelopeDepthMax),
            let slice = members.value(of: "token"), let text = try? JSONText.string(slice, in: data.span)
        else { return nil }
        return HookToken(text: text)
    }
}
