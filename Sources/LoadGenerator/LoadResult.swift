/// What came of a load.
package struct LoadResult: Sendable {
    /// Answers by status.
    package var answers: [Int: Int] = [:]
    /// The deliveries that were answered 200, by their index.
    package var stored: [Int] = []
    /// Deliveries that were sent and never answered: the connection broke, or the time was up.
    package var unanswered = 0
    /// Those of them that were still waited for when the time was up.
    package var overdue = 0
    /// Connections that could not be made.
    package var refusedConnections = 0
    /// From the first request to the last answer.
    package var elapsed: Duration = .zero
    /// Microseconds from a request to its answer, each answer's.
    package var latencies: [UInt32] = []

    /// Deliveries that were not stored, for whatever reason, and connections that could not be made.
    package var errors: Int { latencies.count - stored.count + unanswered + refusedConnections }

    /// Answers a second.
    package var perSecond: Double {
        let seconds = elapsed / .seconds(1)
        return seconds > 0 ? Double(latencies.count) / seconds : 0
    }

    /// The latency that a share of the answers stayed within, in microseconds.
    package func percentile(_ share: Double) -> UInt32 {
        let sorted = latencies.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
