import Crypto
import FalQueue
import JSONText
import Journal
import Posix
import Threading

/// The ledger of submissions: events into the journal, and what they add up to once they are durable.
final class Ledger: Sendable {
    /// Why an event could not be recorded.
    enum Failure: Error, CustomStringConvertible {
        /// The journal did not take it.
        case journal(JournalFailure)
        /// There was no randomness for an id.
        case noRandomness
        /// What stands in the journal cannot be read as a submission.
        case unreadable(UInt64)

        var description: String {
            switch self {
            case .journal(let failure): failure.explanation
            case .noRandomness: "no randomness for an id"
            case .unreadable(let sequence): "event \(sequence) cannot be read as a submission"
            }
        }
    }

    let journal: Journal
    let secret: HookSecret
    let book: Monitor<SubmissionBook>

    private let onPoisoned: @Sendable () -> Void

    /// Keeps a book beside the journal that it is a fold over.
    ///
    /// - Parameters:
    ///   - journal: Where events go.
    ///   - secret: What hook tokens are derived from.
    ///   - book: What the journal's events add up to so far.
    ///   - onPoisoned: Called when the journal has failed for good; perhaps more than once.
    init(
        journal: Journal,
        secret: HookSecret,
        book: SubmissionBook,
        onPoisoned: @escaping @Sendable () -> Void
    ) {
        self.journal = journal
        self.secret = secret
        self.book = Monitor(book)
        self.onPoisoned = onPoisoned
    }

    /// Who keeps the journal above its byte limit; empty while nobody does.
    var holders: [String] { journal.block?.holds.map(\.holder) ?? [] }

    /// Looks something up, in place: the book is not copied.
    func withBook<Result: Sendable>(_ body: (borrowing SubmissionBook) -> Result) -> Result {
        book.withLock { body($0) }
    }

    /// Appends an event; the book has it before the completion is called, on the journal's thread.
    ///
    /// - Parameters:
    ///   - draft: The event.
    ///   - request: The key of its subject, where that is known already.
    ///   - completion: Told its sequence, or why it was not recorded.
    func append(
        _ draft: EventDraft,
        about request: EventKey? = nil,
        completion: @escaping @Sendable (Result<UInt64, Failure>) -> Void
    ) {
        // The book asks for no fingerprint, and the data may be long.
        let summary = EventSummary(
            id: 0,
            type: draft.type,
            time: draft.time,
            request: request ?? draft.subject.map { EventKey(hashing: $0) },
            submission: draft.submission.flatMap { EventKey(uuid: $0) },
            fingerprint: 0
        )
        let (endpoint, tag, requestID) = (draft.endpoint, draft.tag, draft.subject)
        journal.append(draft) { [book, onPoisoned] outcome in
            switch outcome {
            case .durable(let sequence):
                var summary = summary
                summary.id = sequence
                book.withLock { [summary] book in
                    book.apply(summary)
                    guard let id = summary.submission.map({ SubmissionID($0) }) else { return }
                    if summary.type == .submissionCreated {
                        book.note(SubmissionDetails(endpoint: endpoint ?? "", tag: tag), of: id)
                    }
                    if let requestID { book.note(requestID: requestID, of: id) }
                }
                completion(.success(sequence))
            case .failed(let failure):
                if failure == .poisoned { onPoisoned() }
                completion(.failure(.journal(failure)))
            }
        }
    }

    /// Records a new submission; it is in the book once the completion is called.
    ///
    /// One with an idempotency key must not be in the book yet, and nobody else may be recording it.
    func create(
        _ command: SubmitCommand,
        completion: @escaping @Sendable (Result<SubmissionEntry, Failure>) -> Void
    ) {
        let now = WallTime.now
        let id: SubmissionID
        do {
            id =
                try command.key?.submission
                ?? SubmissionID(at: now, random: randomBytes(SubmissionID.randomByteCount))
        } catch {
            completion(.failure(.noRandomness))
            return
        }
        var data = JSONObjectWriter()
        data.member("endpoint", command.endpoint.description)
        data.member("input", json: command.input)
        data.member("tag", command.tag)
        data.member("idempotency_key", command.key?.text)
        data.member("download", command.download)
        if let options = command.options.json { data.member("options", json: options) }
        data.member("checked_against", command.checkedAgainst)
        var draft = EventDraft(type: .submissionCreated, time: now, data: EventData(data.bytes))
        draft.submission = id.text
        draft.endpoint = command.endpoint.description
        draft.tag = command.tag
        append(draft) { [book] result in
            completion(
                result.flatMap { sequence in
                    book.withLock { $0.entry(id) }.map { .success($0) } ?? .failure(.unreadable(sequence))
                }
            )
        }
    }

    /// Records something about a submission and waits until it is durable.
    func record(
        _ type: EventType,
        about id: SubmissionID,
        requestID: String? = nil,
        data: [UInt8]
    ) throws(Failure) {
        // An outcome may have closed it before fal's answer is recorded.
        let details = withBook { $0.entry(id) }.flatMap { self.details(of: $0) }
        var draft = EventDraft(type: type, time: .now, data: EventData(data))
        draft.subject = requestID ?? details?.requestID
        draft.submission = id.text
        draft.endpoint = details?.endpoint
        draft.tag = details?.tag
        let result = Monitor<Result<UInt64, Failure>?>(nil)
        append(draft) { outcome in
            result.withLock { $0 = outcome }
            result.notifyAll()
        }
        _ = try result.wait(until: { $0 != nil }, { $0 ?? .failure(.noRandomness) }).get()
    }
}
