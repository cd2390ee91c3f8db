/// What the service knows of a submission.
public struct SubmissionStatus: Equatable, Sendable {
    /// Its id.
    public let submission: String
    /// The fal endpoint.
    public let endpoint: String
    /// Where it stands, `accepted` or `succeeded`; the protocol's page lists all.
    public let state: String
    /// fal's id of it, once fal took it.
    public let requestID: String?
    /// What the submitter called it.
    public let tag: String?
    /// The reply as the service sent it, a JSON object.
    public let line: [UInt8]

    /// Reads a reply; nil when it is of another form.
    init?(_ frame: ClientFrame) {
        guard let submission = frame.text("submission"), let endpoint = frame.text("endpoint"),
            let state = frame.text("state")
        else { return nil }
        self.submission = submission
        self.endpoint = endpoint
        self.state = state
        requestID = frame.text("request_id")
        tag = frame.text("tag")
        line = frame.line
    }
}
