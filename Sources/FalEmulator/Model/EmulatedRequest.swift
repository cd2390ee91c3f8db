/// One request in the emulated queue.
struct EmulatedRequest: Sendable {
    /// How far it is.
    enum Phase: Sendable {
        /// It waits for its run.
        case queued
        /// It runs.
        case inProgress
        /// It is over, well or not.
        case completed(Completion)
    }

    /// How and when a request ended.
    struct Completion: Sendable {
        /// How.
        let end: RunEnd
        /// When, in microseconds since 1970.
        let time: Int64
        /// When its answer is no longer stored, in microseconds since 1970.
        let expiresAt: Int64
    }

    /// The longest input that is kept, in bytes; a longer one is listed as null.
    static let inputBytesMax = 16 * 1024

    /// The input, for the lists; nil when it was too long to be kept.
    let input: [UInt8]?
    /// What was handed in; its input is dropped once it is known how the run ends.
    let submission: EmulatedQueue.Submission
    /// When it was accepted, in microseconds since 1970.
    let acceptedAt: Int64
    /// How the run ends if it comes to its end.
    let plannedEnd: RunEnd
    /// How many images are asked for, for models of images.
    let imageCount: Int
    /// How far it is.
    private(set) var phase = Phase.queued
    /// When its run began, in microseconds since 1970.
    private(set) var startedAt: Int64?
    /// How long its run takes, in microseconds.
    private(set) var runTime: Int64 = 0
    /// How often a run was started: what a client pays for.
    private(set) var runsStarted = 0

    /// A request that was just accepted.
    init(_ submission: EmulatedQueue.Submission, acceptedAt: Int64) {
        let input = ModelInput(submission.input)
        plannedEnd = RunEnd(planned: submission.scenario.outcome, endpoint: submission.endpoint, input: input)
        imageCount = input.imageCount
        self.input = submission.input.count <= Self.inputBytesMax ? submission.input : nil
        var submission = submission
        submission.input = []
        self.submission = submission
        self.acceptedAt = acceptedAt
    }

    /// Whether it is over.
    var isFinished: Bool { completion != nil }

    /// How and when it ended; nil while it has not.
    var completion: Completion? {
        if case .completed(let completion) = phase { completion } else { nil }
    }

    /// Whether its scenario is the error of a cancelled request, rather than a client having cancelled it.
    var isPlannedToEndCancelled: Bool { plannedEnd == .infrastructureError(.clientCancelled) }

    /// Begins its run.
    mutating func start(at time: Int64, runTime: Int64) {
        phase = .inProgress
        startedAt = time
        self.runTime = runTime
        runsStarted += 1
    }

    /// When what is said of its run changes between running and queued, in microseconds since 1970.
    ///
    /// The run time is in equal parts, of which the first and the last are said to run.
    var flapTimes: [Int64] {
        guard let startedAt, submission.scenario.flaps > 0 else { return [] }
        let parts = Int64(2 * submission.scenario.flaps + 1)
        return (1..<parts).map { startedAt + runTime * $0 / parts }
    }

    /// Whether its run is said to be back in the queue.
    func isFlapped(now: Int64) -> Bool {
        guard case .inProgress = phase else { return false }
        return flapTimes.prefix { $0 <= now }.count % 2 == 1
    }

    /// Ends it.
    mutating func finish(at time: Int64, end: RunEnd, retention: Int64) {
        phase = .completed(Completion(end: end, time: time, expiresAt: time + retention))
    }

    /// The lines that its run has logged up to a time.
    func log(until now: Int64) -> [LogLine] {
        guard let startedAt else { return [] }
        let end = completion.map(\.time) ?? .max
        var lines = [
            LogLine(time: startedAt, message: "Run started"),
            LogLine(time: startedAt + runTime / 2, message: "Generating: 50%"),
            LogLine(time: startedAt + runTime, message: "Generating: 100%"),
        ].filter { $0.time <= end }
        if let completion {
            lines.append(LogLine(time: completion.time, message: completion.end.logMessage))
        }
        return lines.filter { $0.time <= now }
    }
}
