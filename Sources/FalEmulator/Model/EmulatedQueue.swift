import FalQueue

/// fal's queue as a value: submissions and the time go in, actions come out.
///
/// Times are microseconds since 1970 that the caller passes in. Nothing happens between calls: ``advance(now:)`` plays
/// everything that is due, in order and at the times it was due, so what comes out does not depend on how often it is called.
package struct EmulatedQueue: Sendable {
    /// How the queue behaves.
    package struct Configuration: Equatable, Sendable {
        /// The most requests in progress at once; at least 1.
        package var concurrency = 40
        /// How many requests of some endpoints are in progress at once; the first that fits an endpoint holds.
        package var endpointLimits: [EndpointLimit] = []
        /// The least time in the queue where the scenario names none, in microseconds.
        package var queueTime: Int64 = 300_000
        /// The time of a run where the scenario names none, in microseconds.
        package var runTime: Int64 = 700_000
        /// What the retention of answers is divided by, above 0; queue and run times are real ones.
        package var speed: Double = 1
        /// Whether a run stops when it is cancelled; fal's apps do if they care to (a run that does not, ends normally).
        package var stopsWhenCancelled = true
        /// Whether a cancelled request has a webhook; what fal does is not documented.
        package var sendsWebhookWhenCancelled = false
        /// The most requests that are remembered; past it the oldest finished ones are forgotten.
        package var requestsMax = 100_000

        /// fal's ways with short runs.
        package init() {}
    }

    /// A request as it was handed in.
    struct Submission: Sendable {
        /// The request's id, see ``RequestID``.
        var id: String
        /// The endpoint it was posted to.
        var endpoint: EndpointID
        /// The body, whatever it is.
        var input: [UInt8]
        /// The URL in `fal_webhook`, if there was one.
        var webhookURL: String?
        /// Scheme and authority that the client used, without a slash at the end; file URLs begin with it.
        var baseURL: String
        /// How it is played.
        var scenario = Scenario()
        /// `X-Fal-Request-Start-Timeout` in microseconds: how long it may wait for its run.
        var startTimeout: Int64?
    }

    /// What the service has to do.
    enum Action: Equatable, Sendable {
        /// Sends a webhook.
        case deliver(WebhookDelivery)
        /// Takes a new signing key before the deliveries that follow.
        case rotateKeys
    }

    /// The answer to a cancellation.
    enum CancelAnswer: Equatable, Sendable {
        /// It runs, and was told to stop.
        case requested
        /// It was queued, and is no more.
        case removed
        /// It is finished.
        case alreadyCompleted
        /// There is no such request.
        case notFound

        /// The HTTP status (fal.ai/docs/inference-api/queue/cancel).
        var status: Int {
            switch self {
            case .requested: 202
            case .removed: 200
            case .alreadyCompleted: 400
            case .notFound: 404
            }
        }

        /// The body.
        var body: [UInt8] {
            let word =
                switch self {
                case .requested: "CANCELLATION_REQUESTED"
                case .removed: "OK"
                case .alreadyCompleted: "ALREADY_COMPLETED"
                case .notFound: "NOT_FOUND"
                }
            return JSONTree.object([("status", .string(word))]).compact
        }
    }

    /// How the queue behaves.
    let configuration: Configuration
    /// The video that models of video make.
    let video: VideoFacts

    /// Every remembered request by its number, in the order of acceptance.
    var requests: [Int: EmulatedRequest] = [:]
    /// The number of each request.
    var numbers: [String: Int] = [:]
    /// The number of the next request.
    var nextNumber = 0
    /// The lowest number that may still be remembered.
    var oldestNumber = 0
    /// The numbers of queued requests, ascending: an index here is a queue position.
    var queued: [Int] = []
    /// The numbers of queued requests that wait for nothing but a place, ascending.
    var ready: [Int] = []
    /// How many runs are in progress.
    var inProgress = 0
    /// How many runs are in progress under each limit of endpoints, by its place.
    var inProgressByLimit: [Int: Int] = [:]
    /// What is due when.
    var due = DueTimes()

    /// An empty queue.
    init(_ configuration: Configuration, video: VideoFacts) {
        precondition(configuration.concurrency > 0 && configuration.speed > 0, "a queue that never moves")
        self.configuration = configuration
        self.video = video
    }

    /// When ``advance(now:)`` has something to do next; nil when nothing is going on.
    var nextDue: Int64? { due.first?.time }

    /// How many requests wait for their run; `fal_max_queue_length` looks at it.
    var queueLength: Int { queued.count }

    /// Accepts a request.
    ///
    /// - Returns: What to do at once: the webhook that has to arrive before the answer, if the scenario asks for one.
    mutating func submit(_ submission: Submission, now: Int64) -> [Action] {
        var actions = advance(now: now)
        forgetOldest()
        let number = nextNumber
        nextNumber += 1
        requests[number] = EmulatedRequest(submission, acceptedAt: now)
        numbers[submission.id] = number
        queued.append(number)
        if submission.scenario.webhook == .beforeAnswer {
            start(number, at: now)
            actions += finish(number, at: now, end: nil)
            return actions
        }
        due.insert(now + (submission.scenario.queueTime ?? configuration.queueTime), number, .eligible)
        if let startTimeout = submission.startTimeout {
            due.insert(now + startTimeout, number, .startTimeout)
        }
        return actions + advance(now: now)
    }

    /// Plays everything that is due.
    mutating func advance(now: Int64) -> [Action] {
        var actions: [Action] = []
        while let next = due.first, next.time <= now {
            due.removeFirst()
            actions += play(next)
        }
        return actions
    }

    /// Cancels a request.
    ///
    /// A run that is told to stop does so at the next ``advance(now:)``.
    mutating func cancel(_ id: String, now: Int64) -> (answer: CancelAnswer, actions: [Action]) {
        var actions = advance(now: now)
        guard let number = numbers[id], let request = requests[number] else { return (.notFound, actions) }
        switch request.phase {
        case .queued:
            actions += finish(number, at: now, end: .infrastructureError(.clientCancelled))
            return (.removed, actions)
        case .inProgress:
            if configuration.stopsWhenCancelled { due.insert(now, number, .stop) }
            return (.requested, actions)
        case .completed:
            return (.alreadyCompleted, actions)
        }
    }
}
