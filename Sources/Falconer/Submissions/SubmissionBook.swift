import JSONText
import Journal

/// Every submission, as a fold over the journal's events.
///
/// A value without I/O: events go in, in the journal's order, and the records are what they add up to. The same fold
/// runs at start over the whole journal and afterwards over each event once it is durable.
package struct SubmissionBook: Sendable {
    private var records: [SubmissionID: SubmissionRecord] = [:]
    private var idsByToken: [HookToken: SubmissionID] = [:]
    private var idsByRequest: [String: SubmissionID] = [:]
    private var order: [SubmissionID] = []

    /// A book without entries.
    package init() {}

    /// How many submissions the book holds.
    package var count: Int { records.count }

    /// How many submissions are in each state.
    package var countsByState: [SubmissionState: Int] {
        records.values.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
    }

    /// Every record, oldest first.
    package var all: some Sequence<SubmissionRecord> {
        order.lazy.compactMap { records[$0] }
    }

    /// The record of a submission.
    package func record(_ id: SubmissionID) -> SubmissionRecord? { records[id] }

    /// The record of the submission that a webhook URL's token belongs to.
    package func record(token: HookToken) -> SubmissionRecord? { idsByToken[token].flatMap { records[$0] } }

    /// The record of the submission that became a request of fal's.
    package func record(requestID: String) -> SubmissionRecord? { idsByRequest[requestID].flatMap { records[$0] } }

    /// Takes in the next event of the journal.
    package mutating func apply(_ event: SubmissionFact) {
        if event.type == .submissionCreated {
            add(event)
            return
        }
        guard let id = event.submission, var record = records[id] else { return }
        record.lastSequence = event.sequence
        record.updatedAt = event.time
        if let requestID = event.requestID {
            record.requestID = requestID
            idsByRequest[requestID] = id
        }
        // What is final stays: a second outcome is recorded as a conflict and changes nothing.
        if record.state.isOpen, let state = event.type.submissionState {
            // An outcome may overtake fal's answer to the submission; the answer then adds only the request id.
            record.state = state
        }
        if event.type == .submissionSending { record.sendCount += 1 }
        records[id] = record
    }

    private mutating func add(_ event: SubmissionFact) {
        guard let id = event.submission, let token = event.token, records[id] == nil else { return }
        records[id] = SubmissionRecord(
            id: id,
            endpoint: event.endpoint ?? "",
            tag: event.tag,
            token: token,
            createdAt: event.time,
            createdSequence: event.sequence,
            state: .created,
            requestID: nil,
            sendCount: 0,
            lastSequence: event.sequence,
            updatedAt: event.time
        )
        idsByToken[token] = id
        order.append(id)
    }
}

extension EventType {
    /// The state that an event of this type leaves an open submission in; nil when it says nothing about it.
    fileprivate var submissionState: SubmissionState? {
        switch self {
        case .submissionSending: .sending
        case .submissionWaiting: .waiting
        case .submissionUncertain: .uncertain
        case .submissionAccepted: .accepted
        case .submissionRefused: .refused
        case .submissionCancelled: .cancelled
        case .submissionLost: .lost
        case .requestSucceeded: .succeeded
        case .requestFailed: .failed
        default: nil
        }
    }
}
