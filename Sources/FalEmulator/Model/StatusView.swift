/// What is known of a request while it is on its way and after.
struct StatusView: Equatable, Sendable {
    /// The three words of fal's queue; a failed run is completed too.
    enum Status: String, Equatable, Sendable {
        /// It waits for its run.
        case inQueue = "IN_QUEUE"
        /// It runs.
        case inProgress = "IN_PROGRESS"
        /// It is over.
        case completed = "COMPLETED"
    }

    /// How the JSON is spaced.
    enum Spacing: Sendable {
        /// Without spaces, as in answers.
        case compact
        /// As Python's `json.dumps` does, as in event streams.
        case python
    }

    /// The request's id.
    var requestID: String
    /// The word.
    var status: Status
    /// How many requests are ahead of it, while it waits.
    var queuePosition: Int?
    /// Its log so far, oldest line first.
    var log: [LogLine]
    /// How long the run took, in seconds, once it is over and ran.
    var inferenceTime: Double?
    /// What went wrong, if something did.
    var error: String?
    /// The kind of what went wrong, if something did.
    var errorType: String?

    /// The HTTP status: 202 until it is over, then 200 (fal.ai/docs/inference-api/queue/status).
    var httpStatus: Int { status == .completed ? 200 : 202 }

    /// The body.
    ///
    /// - Parameters:
    ///   - urls: Where the request is found.
    ///   - logs: The lines to put in; nil when none were asked for.
    ///   - spacing: How it is spaced.
    /// - Returns: One line of JSON without a line feed.
    func body(urls: RequestURLs, logs: [LogLine]?, spacing: Spacing = .compact) -> [UInt8] {
        var members: [(String, JSONTree)] = [("status", .string(status.rawValue)), ("request_id", .string(requestID))]
        members += urls.members
        members.append(("logs", logs.map { .array($0.map(\.json)) } ?? .null))
        members.append(("metrics", .object(metrics)))
        if let queuePosition { members.append(("queue_position", .integer(queuePosition))) }
        if let error { members.append(("error", .string(error))) }
        if let errorType { members.append(("error_type", .string(errorType))) }
        let tree = JSONTree.object(members)
        return spacing == .compact ? tree.compact : tree.python
    }

    private var metrics: [(String, JSONTree)] {
        guard status == .completed else { return [] }
        return [("inference_time", inferenceTime.map { .double($0) } ?? .null)]
    }
}
