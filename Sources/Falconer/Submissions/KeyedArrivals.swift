/// Submissions with an idempotency key that are being recorded, and who else has asked for the same ones meanwhile.
///
/// A value without I/O. The first to come with a key goes on; whoever comes before that is done waits for its end, so
/// that many who ask at once get one submission.
struct KeyedArrivals<Waiter: Sendable>: Sendable {
    /// What a client that has come has to do.
    enum Turn: Equatable {
        /// Look into the book, record the submission if it is not there, and call ``finish(_:)`` in the end.
        case first
        /// Nothing: it is among those that ``finish(_:)`` gives to the first.
        case waits
        /// Somebody else is recording another input under the key.
        case conflict
    }

    private struct Arrival: Sendable {
        let content: SubmissionContent
        var waiters: [Waiter] = []
    }

    private var arrivals: [SubmissionID: Arrival] = [:]

    /// Takes note of a client that wants a submission of that id and content.
    mutating func arrive(_ id: SubmissionID, _ content: SubmissionContent, _ waiter: Waiter) -> Turn {
        guard let arrival = arrivals[id] else {
            arrivals[id] = Arrival(content: content)
            return .first
        }
        guard arrival.content == content else { return .conflict }
        arrivals[id]?.waiters.append(waiter)
        return .waits
    }

    /// Ends what the first one began.
    ///
    /// - Returns: Those who have waited for it, in the order in which they came.
    mutating func finish(_ id: SubmissionID) -> [Waiter] {
        arrivals.removeValue(forKey: id)?.waiters ?? []
    }
}
