import EventStream
import JSONText
import Journal
import Posix

/// Which submissions a client wants listed.
struct ListCommand {
    /// What is wrong with the wish, and what to do.
    struct Refusal: Error {
        let message: String
    }

    /// The state they are in; nil for any.
    let state: SubmissionState?
    /// The endpoint they go to, `*` standing for anything; nil for any.
    let endpoint: Glob?
    /// Their label; nil for any.
    let tag: String?
    /// When they were recorded, at the earliest; nil for ever.
    let since: WallTime?
    /// Where the page before ended, 0 for the first; nil for the newest ones at once, without pages.
    let after: Int?

    /// Reads the line of a `list` command.
    init(line: [UInt8]) throws(Refusal) {
        let word = Commands.string("state", line)
        state = word.flatMap { SubmissionState(rawValue: $0) }
        guard word == nil || state != nil else {
            let known = SubmissionState.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(message: "\"state\" must be one of \(known)")
        }
        let pattern = Commands.string("endpoint", line)
        endpoint = pattern.flatMap { Glob($0) }
        guard pattern == nil || endpoint != nil else {
            throw Refusal(message: "\"endpoint\" must be an endpoint, or a beginning with a *, \"xai/*\"")
        }
        tag = Commands.string("tag", line)
        let time = Commands.string("since", line)
        since = time.flatMap { WallTime(rfc3339: $0) }
        guard time == nil || since != nil else {
            throw Refusal(message: "\"since\" must be a time, \"2026-11-22T14:17:00Z\"")
        }
        let place = Commands.string("after", line)
        after = place.flatMap { Int($0) }
        guard place == nil || (after ?? -1) >= 0 else {
            throw Refusal(message: "\"after\" must be \"0\", or the \"next\" of the page before")
        }
    }

    /// Whether a line of the journal has to be read for each submission to know if it is wanted.
    var looksIntoJournal: Bool { endpoint != nil || tag != nil }

    /// Whether a submission is wanted, as far as the book knows.
    func wants(_ entry: SubmissionEntry, from first: UInt64) -> Bool {
        (state == nil || entry.state == state) && entry.firstSequence >= first
    }

    /// Whether a submission is wanted, as far as the journal knows.
    func wants(_ details: SubmissionDetails?) -> Bool {
        (endpoint.map { $0.matches(Array((details?.endpoint ?? "").utf8)[...]) } ?? true)
            && (tag == nil || details?.tag == tag)
    }
}
