import FalQueue
import JSONText
import Journal
import Posix
import Threading

extension Ledger {
    /// What is to be sent, as the journal has it.
    struct Parcel {
        let endpoint: EndpointID
        let input: [UInt8]
        let options: SubmitOptions
        let token: HookToken
    }

    /// What to send for a submission; nil when it is not, or no longer, certain that it is not at fal.
    func toSend(_ id: SubmissionID) throws -> Parcel? {
        guard let entry = withBook({ $0.entry(id) }), entry.state == .created || entry.state == .waiting else {
            return nil
        }
        guard let parcel = sent(id) else { throw Failure.unreadable(entry.createdSequence) }
        return parcel
    }

    /// What was, or is to be, sent for a submission; nil when the journal does not hold it.
    func sent(_ id: SubmissionID) -> Parcel? {
        guard let entry = withBook({ $0.entry(id) }), let line = line(entry.createdSequence),
            let endpoint = line.endpoint.flatMap({ try? EndpointID.parse($0) }), let data = line.data,
            let members = try? JSONText.members(of: data.span, depthMax: JSONText.envelopeDepthMax),
            let input = members.value(of: "input")
        else { return nil }
        var options = SubmitOptions()
        if let written = members.value(of: "options") {
            guard let read = try? SubmitOptions(json: Array(data[written.range])) else { return nil }
            options = read
        }
        return Parcel(
            endpoint: endpoint,
            input: Array(data[input.range]),
            options: options,
            token: secret.token(for: id)
        )
    }

    /// The folder that a submission wants its files in; nil when it wants none, or the journal does not hold its beginning.
    func downloadFolder(_ entry: SubmissionEntry) -> String? {
        guard let data = line(entry.createdSequence)?.data,
            let members = try? JSONText.members(of: data.span, depthMax: JSONText.envelopeDepthMax),
            let slice = members.value(of: "download")
        else { return nil }
        return try? JSONText.string(slice, in: data.span)
    }

    /// The submission whose token it is; nil when it is none of ours.
    func submission(of token: HookToken) -> SubmissionID? {
        secret.submission(of: token)
    }

    /// What is noted of a submission, or stands in the journal when it is closed; nil when that is not kept any more.
    func details(of entry: SubmissionEntry) -> SubmissionDetails? {
        if let noted = withBook({ $0.details(entry.id) }) { return noted }
        return line(entry.createdSequence).map { SubmissionDetails(endpoint: $0.endpoint ?? "", tag: $0.tag) }
    }

    /// All that is known of a submission.
    func record(_ entry: SubmissionEntry) -> SubmissionRecord {
        let details = details(of: entry)
        let last = line(entry.lastSequence)
        return SubmissionRecord(
            entry: entry,
            endpoint: details?.endpoint,
            tag: details?.tag,
            requestID: details?.requestID ?? last?.subject ?? line(entry.outcomeSequence)?.subject,
            createdAt: entry.id.time ?? line(entry.createdSequence)?.time,
            // What is downloaded afterwards is no part of how long it took.
            updatedAt: entry.outcomeSequence > 0 ? line(entry.endSequence)?.time ?? last?.time : last?.time,
            why: last.flatMap { Self.why(entry.state, $0) }
        )
    }

    /// What the last event says of the reason for a state that has one.
    private static func why(_ state: SubmissionState, _ last: EventLine) -> String? {
        switch state {
        case .waiting, .uncertain, .refused, .lost:
            guard let data = last.data, let members = try? JSONText.members(of: data.span),
                let message = members.value(of: "message")
            else { return nil }
            return try? JSONText.string(message, in: data.span)
        default: return nil
        }
    }

    /// Reads from the journal what the book has to note of the submissions that are open.
    ///
    /// - Returns: Those of which nothing could be read.
    func noteOpen() -> [SubmissionID] {
        var unreadable: [SubmissionID] = []
        for entry in withBook({ $0.openEntries }) {
            guard let created = line(entry.createdSequence) else {
                unreadable.append(entry.id)
                continue
            }
            // Every event about a submission carries the request's id, from the first that does onward.
            let details = SubmissionDetails(
                endpoint: created.endpoint ?? "",
                tag: created.tag,
                requestID: entry.request == nil ? nil : line(entry.lastSequence)?.subject
            )
            book.withLock { [details] in $0.note(details, of: entry.id) }
        }
        return unreadable
    }

    /// The outcome that a request of a submission of ours has had, however long ago.
    func pastOutcome(_ requestID: String, _ key: EventKey) -> PastOutcome? {
        guard let entry = withBook({ $0.entry(request: key) }), entry.outcomeSequence > 0 else { return nil }
        guard let line = line(entry.outcomeSequence) else {
            return PastOutcome(sequence: entry.outcomeSequence, fingerprint: nil)
        }
        guard line.subject == requestID else { return nil }
        return PastOutcome(sequence: entry.outcomeSequence, fingerprint: EventSummary(line).fingerprint)
    }

    /// An outcome that the dedupe window has forgotten and the book knows.
    struct PastOutcome {
        let sequence: UInt64
        /// The body's fingerprint; nil when the journal does not keep it any more.
        let fingerprint: UInt64?
    }

    /// An event, if the journal keeps it.
    func line(_ sequence: UInt64) -> EventLine? {
        guard sequence > 0 else { return nil }
        return (try? journal.event(sequence)) ?? nil
    }
}
