import JSONText
import LoadGenerator

/// One run at one rate.
package struct LatencyMeasurement: BenchmarkMeasurement {
    /// Deliveries a second that were asked for.
    package let rate: Int
    /// How many were delivered, each of which came to the subscriber.
    package let deliveries: Int
    /// Deliveries a second that were answered.
    package let perSecond: Double
    /// The median time from when a delivery was due to its 200, microseconds.
    package let answerMedian: UInt32
    /// The time that 99 of 100 answers stayed within, microseconds.
    package let answerPercentile99: UInt32
    /// The median time from a 200 to the event at the subscriber, microseconds; negative where the event came first.
    package let median: Int
    /// The time that 99 of 100 events stayed within, microseconds.
    package let percentile99: Int
    /// The longest time, microseconds.
    package let longest: Int

    init(rate: Int, result: LoadResult, waits: [Int]) {
        self.rate = rate
        deliveries = waits.count
        perSecond = result.perSecond
        answerMedian = result.percentile(0.5)
        answerPercentile99 = result.percentile(0.99)
        let sorted = waits.sorted()
        func percentile(_ share: Double) -> Int {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
        median = percentile(0.5)
        percentile99 = percentile(0.99)
        longest = sorted.last ?? 0
    }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("rate", rate)
        writer.member("deliveries", deliveries)
        writer.member("per_second", Int(perSecond))
        writer.member("answer_p50_us", Int(answerMedian))
        writer.member("answer_p99_us", Int(answerPercentile99))
        writer.member("event_p50_us", median)
        writer.member("event_p99_us", percentile99)
        writer.member("event_max_us", longest)
        return writer.line
    }
}
