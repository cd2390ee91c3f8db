/// The submissions that fal has, or may have, and that have no outcome yet: whom to ask about next, and when.
///
/// A value without I/O: what was learned goes in, errands come out. It is not kept anywhere; a start fills it from the
/// journal. Its time is whatever counts up, in microseconds.
package struct WatchList: Sendable {
    /// How a submission is followed.
    package struct Policy: Sendable {
        /// The longest that nothing is known of a submission before it counts as lost, microseconds: a day.
        ///
        /// fal repeats a callback for about two hours at most, so none is still to come by then.
        package static let giveUpAfterDefault: Int64 = 86_400_000_000

        /// Whether fal is asked at all; without it only callbacks tell of outcomes.
        package var isPolling = true
        /// Whether callbacks come; then asking is for those that do not.
        package var hasCallbacks = true
        /// When to give up on what is uncertain, and without polling on everything, microseconds.
        package var giveUpAfter = Self.giveUpAfterDefault
    }

    /// What to do about a submission.
    package enum Errand: Sendable, Equatable {
        /// Ask how far its request is.
        case status(requestID: String)
        /// Fetch the result: something said that it is there.
        case result(requestID: String)
        /// Look for its request among those that fal has.
        case search
        /// Nothing can be known of it any more.
        case giveUp
    }

    /// What an errand came to.
    package enum Answer: Sendable, Equatable {
        /// It waits or runs.
        case running
        /// fal says that there is no such request.
        case unknown
        /// There was no answer, or it cannot be kept at the moment.
        case again
        /// The search found nothing that is certain.
        case notFound
    }

    /// The first question where callbacks come and nothing was learned of the endpoint, microseconds.
    package static let firstWithCallbacks: Int64 = 15_000_000
    /// The first question where none come, likewise.
    package static let firstWithout: Int64 = 2_000_000
    /// The first search for what is uncertain; its callback, which may be under way, is as good.
    package static let firstSearch: Int64 = 5_000_000
    /// The shortest time between two questions about the same, microseconds.
    package static let delayMin: Int64 = 1_000_000
    /// The longest, a part of the six minutes that a large result is there.
    package static let delayMax: Int64 = 60_000_000
    /// The longest time between two searches for the same.
    package static let searchDelayMax: Int64 = 600_000_000
    /// How often fal has to say that it does not know a request: answers come from many machines.
    package static let unknownMax = 3
    /// The time before fal is asked again whether it does not know a request, microseconds.
    package static let unknownDelay: Int64 = 3_000_000

    private struct Watched: Sendable {
        var endpoint: String
        var requestID: String?
        var since: Int64
        var due: Int64
        var isHinted = false
        var isTaken = false
        var unknownCount = 0
        var askedCount = 0
    }

    private let policy: Policy
    private var watched: [SubmissionID: Watched] = [:]
    /// What was learned of the endpoints.
    package var durations = Durations()

    /// A list with nothing on it.
    package init(_ policy: Policy) {
        self.policy = policy
    }

    /// How many submissions are followed.
    package var count: Int { watched.count }

    /// How many of them are to be asked about by now.
    package func dueCount(now: Int64) -> Int { watched.values.count { $0.due <= now } }

    /// How often was asked about a submission, and when it will be again; nil when it is not followed.
    package func progress(of id: SubmissionID) -> (asked: Int, due: Int64)? {
        watched[id].map { ($0.askedCount, $0.due) }
    }

    /// When the next errand is due; nil when there is none.
    ///
    /// - Parameter searching: Whether those that are searched for count, or the others.
    /// - Returns: The time; nil when there is none.
    package func nextDue(searching: Bool) -> Int64? {
        watched.values.lazy.filter { !$0.isTaken && ($0.requestID == nil) == searching }.map(\.due).min()
    }

    /// Follows a submission.
    ///
    /// - Parameters:
    ///   - id: The submission; one that is followed already is followed anew.
    ///   - endpoint: Where it went.
    ///   - requestID: fal's id for it; nil when it is uncertain whether fal has it.
    ///   - since: When that came about.
    ///   - now: The time.
    ///   - jitter: A random number in 0..<1.
    package mutating func follow(
        _ id: SubmissionID,
        endpoint: String,
        requestID: String?,
        since: Int64,
        now: Int64,
        jitter: Double
    ) {
        var one = Watched(endpoint: endpoint, requestID: requestID, since: since, due: now)
        one.due = max(now, since + firstDelay(one))
        // What was due long ago is not asked about all at once.
        if one.due == now { one.due += Int64(Double(Self.delayMin) * jitter) }
        watched[id] = one
    }

    /// Notes that something says the result is there.
    ///
    /// - Returns: Whether it is followed.
    package mutating func hint(_ id: SubmissionID, requestID: String, now: Int64) -> Bool {
        guard policy.isPolling, watched[id] != nil else { return false }
        watched[id]?.requestID = requestID
        watched[id]?.isHinted = true
        watched[id]?.due = now
        return true
    }

    /// Follows it no more.
    package mutating func forget(_ id: SubmissionID) {
        watched[id] = nil
    }

    /// The endpoint of a submission that is followed, and since when it is.
    package func following(_ id: SubmissionID) -> (endpoint: String, since: Int64)? {
        watched[id].map { ($0.endpoint, $0.since) }
    }

    /// Takes the next errand that is due: hints first, then results that expire early, then who waits longest.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - searching: Whether it is one to search for, or one of the others; a search takes long.
    /// - Returns: The errand; nil when none is due.
    package mutating func next(now: Int64, searching: Bool) -> (id: SubmissionID, errand: Errand)? {
        let due = watched.lazy.filter { one in
            !one.value.isTaken && one.value.due <= now && (one.value.requestID == nil) == searching
        }
        guard let (id, one) = due.min(by: { rank($0.value) < rank($1.value) }).map({ ($0.key, $0.value) }) else {
            return nil
        }
        watched[id]?.isTaken = true
        watched[id]?.askedCount += 1
        watched[id]?.isHinted = false
        return (id, errand(one, now: now))
    }

    /// Takes in what an errand came to.
    ///
    /// - Returns: Whether fal is to be believed that it has no such request.
    package mutating func finish(_ id: SubmissionID, _ answer: Answer, now: Int64, jitter: Double) -> Bool {
        guard var one = watched[id] else { return false }
        defer { watched[id] = one }
        one.isTaken = false
        if one.isHinted { return false }
        switch answer {
        case .running:
            one.unknownCount = 0
            one.due = now + delay(one, now: now, longest: Self.delayMax, jitter: jitter)
        case .unknown:
            one.unknownCount += 1
            one.due = now + Self.unknownDelay
            return one.unknownCount >= Self.unknownMax
        case .again:
            one.due = now + Self.delayMin
        case .notFound:
            let next = now + delay(one, now: now, longest: Self.searchDelayMax, jitter: jitter)
            one.due = min(next, max(now + Self.delayMin, one.since + policy.giveUpAfter))
        }
        return false
    }

    private func errand(_ one: Watched, now: Int64) -> Errand {
        let isOver = now >= one.since + policy.giveUpAfter
        guard policy.isPolling else { return .giveUp }
        guard let requestID = one.requestID else { return isOver ? .giveUp : .search }
        return one.isHinted ? .result(requestID: requestID) : .status(requestID: requestID)
    }

    private func rank(_ one: Watched) -> (Int, Int64) {
        (one.isHinted ? 0 : durations.isLarge(one.endpoint) ? 1 : 2, one.due)
    }

    private func firstDelay(_ one: Watched) -> Int64 {
        guard policy.isPolling else { return policy.giveUpAfter }
        guard one.requestID != nil else { return min(Self.firstSearch, policy.giveUpAfter) }
        let expected = durations.expected(one.endpoint)
        guard policy.hasCallbacks else {
            return expected.map { max(Self.delayMin, min($0 / 2, Self.delayMax)) } ?? Self.firstWithout
        }
        return expected.map { max(2 * Self.delayMin, min($0 + $0 / 2, 5 * Self.delayMax)) }
            ?? Self.firstWithCallbacks
    }

    /// A quarter of the age, so that what takes long is asked about seldom.
    private func delay(_ one: Watched, now: Int64, longest: Int64, jitter: Double) -> Int64 {
        let delay = min(max((now - one.since) / 4, Self.delayMin), longest)
        return Int64(Double(delay) * (0.75 + jitter / 2))
    }
}
