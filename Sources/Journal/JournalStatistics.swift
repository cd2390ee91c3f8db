/// What a journal has done since it was opened.
package struct JournalStatistics: Equatable, Sendable {
    /// Durable events.
    package var events = 0
    /// Durable bytes.
    package var bytes = 0
    /// Batches, each one write and one sync.
    package var batches = 0
    /// The events in the latest batch.
    package var lastBatchCount = 0
    /// How long the syncs took.
    package var syncs = DurationSummary()
    /// Segments that were made.
    package var segmentsCreated = 0
    /// Events that were refused or failed, by reason.
    package var failures: [JournalFailure: Int] = [:]
    /// Events that wait now.
    package var queuedEvents = 0
    /// Bytes that wait now.
    package var queuedBytes = 0
}

/// Durations, summed up for a histogram of powers of two.
package struct DurationSummary: Equatable, Sendable {
    /// How many.
    package private(set) var count = 0
    /// All of them together.
    package private(set) var sum = Duration.zero
    /// The longest.
    package private(set) var longest = Duration.zero
    /// How many took less than 2^i × 32 µs and not less than half of it; the last one takes all that are longer.
    package private(set) var buckets = [Int](repeating: 0, count: 16)

    mutating func add(_ duration: Duration) {
        count += 1
        sum += duration
        longest = max(longest, duration)
        let index = buckets.indices.first { duration < .microseconds(32 << $0) } ?? buckets.count - 1
        buckets[index] += 1
    }
}
