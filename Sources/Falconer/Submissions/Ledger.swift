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

    private let journal: Journal
    private let book: Monitor<SubmissionBook>

    private let onPoisoned: @Sendable () -> Void

    /// Keeps a book beside the journal that it is a fold over.
    ///
    /// - Parameters:
    ///   - journal: Where events go.
    ///   - book: What the journal's events add up to so far.
    ///   - onPoisoned: Called when the journal has failed for good; perhaps more than once.
    init(journal: Journal, book: SubmissionBook, onPoisoned: @escaping @Sendable () -> Void) {
        self.journal = journal
        self.book = Monitor(book)
        self.onPoisoned = onPoisoned
    }

    /// Who keeps the journal above its byte limit; empty while nobody does.
    var holders: [String] { journal.block?.holds.map(\.holder) ?? [] }

    /// Looks something up.
    func withBook<Result: Sendable>(_ body: (SubmissionBook) -> Result) -> Result {
        book.withLock { body($0) }
    }

    /// Appends an event; the book has it before the completion is called, on the journal's thread.
    func append(
        _ draft: EventDraft,
        _ fact: SubmissionFact,
        completion: @escaping @Sendable (Result<UInt64, Failure>) -> Void
    ) {
        journal.append(draft) { [book, onPoisoned] outcome in
            switch outcome {
            case .durable(let sequence):
                var fact = fact
                fact.sequence = sequence
                book.withLock { [fact] book in book.apply(fact) }
                completion(.success(sequence))
            case .failed(let failure):
                if failure == .poisoned { onPoisoned() }
                completion(.failure(.journal(failure)))
            }
        }
    }

    /// Records a new submission; it is in the book once the completion is called.
    func create(
        _ command: SubmitCommand,
        completion: @escaping @Sendable (Result<SubmissionRecord, Failure>) -> Void
    ) {
        let now = WallTime.now
        let id: SubmissionID
        let token: HookToken
        do {
            id = SubmissionID(at: now, random: try randomBytes(SubmissionID.randomByteCount))
            token = HookToken(random: try randomBytes(HookToken.randomByteCount))
        } catch {
            completion(.failure(.noRandomness))
            return
        }
        var data = JSONObjectWriter()
        data.member("endpoint", command.endpoint.description)
        data.member("input", json: command.input)
        data.member("tag", command.tag)
        data.member("token", token.text)
        var draft = EventDraft(type: .submissionCreated, time: now, data: EventData(data.bytes))
        draft.submission = id.text
        draft.endpoint = command.endpoint.description
        draft.tag = command.tag
        let fact = SubmissionFact(
            sequence: 0,
            time: now,
            type: .submissionCreated,
            submission: id,
            endpoint: command.endpoint.description,
            tag: command.tag,
            token: token
        )
        append(draft, fact) { [book] result in
            completion(
                result.flatMap { sequence in
                    book.withLock { $0.record(id) }.map { .success($0) } ?? .failure(.unreadable(sequence))
                }
            )
        }
    }

    /// Records something about a submission and waits until it is durable.
    func record(
        _ type: EventType,
        about record: SubmissionRecord,
        requestID: String? = nil,
        data: [UInt8]
    ) throws(Failure) {
        let now = WallTime.now
        let requestID = requestID ?? record.requestID
        var draft = EventDraft(type: type, time: now, data: EventData(data))
        draft.subject = requestID
        draft.submission = record.id.text
        draft.endpoint = record.endpoint
        draft.tag = record.tag
        let fact = SubmissionFact(sequence: 0, time: now, type: type, submission: record.id, requestID: requestID)
        let result = Monitor<Result<UInt64, Failure>?>(nil)
        append(draft, fact) { outcome in
            result.withLock { $0 = outcome }
            result.notifyAll()
        }
        _ = try result.wait(until: { $0 != nil }, { $0 ?? .failure(.noRandomness) }).get()
    }

    /// What is known of a submission, and what to send for it as the journal has it; nil when there is none.
    func submission(_ id: SubmissionID) throws -> (record: SubmissionRecord, endpoint: EndpointID, input: [UInt8])? {
        guard let record = withBook({ $0.record(id) }) else { return nil }
        var line: [UInt8] = []
        let reader = try journal.reader(after: record.createdSequence - 1)
        // The least limit: one line, whole.
        guard try reader.read(into: &line, limit: 1) == .lines, let data = try EventLine.parse(line).data,
            let members = try? JSONText.members(of: data.span, depthMax: JSONText.envelopeDepthMax),
            let input = members.value(of: "input")
        else { throw Failure.unreadable(record.createdSequence) }
        return (record, try EndpointID.parse(record.endpoint), Array(data[input.range]))
    }
}
