import JSONText
import LoadGenerator

/// One run in one case.
package struct ScaleMeasurement: BenchmarkMeasurement {
    /// The case.
    package let scaleCase: ScaleCase
    /// Answers a second.
    package let perSecond: Double
    /// The median time to an answer, microseconds.
    package let median: UInt32
    /// The time that 99 of 100 answers stayed within, microseconds.
    package let percentile99: UInt32
    /// Processor time of the service for each answer, microseconds, with what subscribers cost while deliveries came.
    package let processorMicroseconds: Double
    /// The memory that the service had resident at the end, bytes.
    package let residentBytes: Int
    /// Answers that were not 200, and deliveries without one.
    package let errors: Int

    init(scaleCase: ScaleCase, result: LoadResult, processorTime: Duration, residentBytes: Int) {
        self.scaleCase = scaleCase
        self.residentBytes = residentBytes
        perSecond = result.perSecond
        median = result.percentile(0.5)
        percentile99 = result.percentile(0.99)
        processorMicroseconds = processorTime / .microseconds(1) / Double(max(1, result.latencies.count))
        errors = result.errors
    }

    private init(mediansOf runs: [ScaleMeasurement], _ scaleCase: ScaleCase) {
        func median<Value: Comparable>(_ key: KeyPath<ScaleMeasurement, Value>) -> Value {
            runs.map { $0[keyPath: key] }.sorted()[runs.count / 2]
        }
        self.scaleCase = scaleCase
        perSecond = median(\.perSecond)
        self.median = median(\.median)
        percentile99 = median(\.percentile99)
        processorMicroseconds = median(\.processorMicroseconds)
        residentBytes = median(\.residentBytes)
        errors = runs.reduce(0) { $0 + $1.errors }
    }

    /// The medians of each case over its runs, in the order that the cases were run in.
    package static func medians(_ runs: [ScaleMeasurement]) -> [ScaleMeasurement] {
        var cases: [ScaleCase] = []
        for run in runs where !cases.contains(run.scaleCase) { cases.append(run.scaleCase) }
        return cases.map { one in ScaleMeasurement(mediansOf: runs.filter { $0.scaleCase == one }, one) }
    }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("case", scaleCase.name)
        writer.member("journal_events", scaleCase.journalEvents)
        writer.member("idle_subscribers", scaleCase.idleSubscribers)
        writer.member("live_subscribers", scaleCase.liveSubscribers)
        if let threads = scaleCase.threads { writer.member("threads", threads) }
        writer.member("per_second", Int(perSecond))
        writer.member("p50_us", Int(median))
        writer.member("p99_us", Int(percentile99))
        writer.member("cpu_us_per_delivery", Int(processorMicroseconds))
        writer.member("resident_kib", residentBytes / 1_024)
        writer.member("errors", errors)
        return writer.line
    }
}
