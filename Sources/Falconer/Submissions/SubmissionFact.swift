package import Journal
package import Posix

/// What the book of submissions needs to know of one event.
package struct SubmissionFact: Sendable {
    /// The event's place in the journal.
    package var sequence: UInt64
    /// When it was recorded.
    package var time: WallTime
    /// What happened.
    package var type: EventType
    /// The submission it is about.
    package var submission: SubmissionID?
    /// fal's id of the request, where the event carries it.
    package var requestID: String?
    /// The fal endpoint.
    package var endpoint: String?
    /// The submitter's label; only in `created`.
    package var tag: String?
    /// The capability in the webhook URL; only in `created`.
    package var token: HookToken?

    /// Gathers the facts of one event.
    package init(
        sequence: UInt64,
        time: WallTime,
        type: EventType,
        submission: SubmissionID?,
        requestID: String? = nil,
        endpoint: String? = nil,
        tag: String? = nil,
        token: HookToken? = nil
    ) {
        self.sequence = sequence
        self.time = time
        self.type = type
        self.submission = submission
        self.requestID = requestID
        self.endpoint = endpoint
        self.tag = tag
        self.token = token
    }
}
