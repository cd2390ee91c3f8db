import JSONText
import LoadGenerator

/// One run with so many subscribers.
package struct FanoutMeasurement: BenchmarkMeasurement {
    /// The memory of the service, bytes resident.
    package struct Memory: Sendable {
        /// Before the subscribers connected.
        package let before: Int
        /// The most while they were there.
        package let during: Int
        /// After they had gone.
        package let after: Int
    }

    /// How many subscribers there were.
    package let subscribers: Int
    /// How many of them read all they could; each was given every event, in order.
    package let complete: Int
    /// How long they needed for what was left when the deliveries had ended.
    package let catchUp: Duration
    /// Answers a second.
    package let perSecond: Double
    /// The median time to an answer, microseconds.
    package let median: UInt32
    /// The time that 99 of 100 answers stayed within, microseconds.
    package let percentile99: UInt32
    /// Answers that were not 200, and deliveries without one.
    package let errors: Int
    /// The service's memory.
    package let memory: Memory

    init(subscribers: Int, result: LoadResult, complete: Int, catchUp: Duration, memory: Memory) {
        self.subscribers = subscribers
        self.complete = complete
        self.catchUp = catchUp
        self.memory = memory
        perSecond = result.perSecond
        median = result.percentile(0.5)
        percentile99 = result.percentile(0.99)
        errors = result.errors
    }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("subscribers", subscribers)
        writer.member("complete", complete)
        writer.member("per_second", Int(perSecond))
        writer.member("p50_us", Int(median))
        writer.member("p99_us", Int(percentile99))
        writer.member("errors", errors)
        writer.member("catch_up_ms", Int(catchUp / .milliseconds(1)))
        writer.member("before_kib", memory.before / 1_024)
        writer.member("during_kib", memory.during / 1_024)
        writer.member("after_kib", memory.after / 1_024)
        return writer.line
    }
}
