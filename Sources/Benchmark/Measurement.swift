import JSONText
import LoadGenerator

/// One run of one receiver.
package struct Measurement: BenchmarkMeasurement {
    /// Which receiver.
    package let subject: ReceiveBenchmark.Subject
    /// Under which load.
    package let workload: ReceiveWorkload
    /// Answers a second.
    package let perSecond: Double
    /// The median time to an answer, microseconds.
    package let median: UInt32
    /// The time that 99 of 100 answers stayed within, microseconds.
    package let percentile99: UInt32
    /// The time that 999 of 1000 answers stayed within, microseconds.
    package let percentile999: UInt32
    /// Processor time of the receiver for each answer, microseconds.
    package let processorMicroseconds: Double
    /// Processors that the load itself kept busy.
    package let loadProcessorShare: Double
    /// The most memory the receiver had resident, bytes.
    package let peakBytes: Int
    /// Answers that were not 200, and requests without an answer.
    package let errors: Int

    init(
        subject: ReceiveBenchmark.Subject,
        workload: ReceiveWorkload,
        result: LoadResult,
        usage: ProcessUsage,
        loadTime: Duration
    ) {
        self.subject = subject
        self.workload = workload
        loadProcessorShare = loadTime / max(result.elapsed, .microseconds(1))
        perSecond = result.perSecond
        median = result.percentile(0.5)
        percentile99 = result.percentile(0.99)
        percentile999 = result.percentile(0.999)
        processorMicroseconds = usage.processorTime / .microseconds(1) / Double(max(1, result.latencies.count))
        peakBytes = usage.peakBytes
        errors = result.errors
    }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("receiver", subject.rawValue)
        writer.member("connections", workload.connections)
        writer.member("body_bytes", workload.bodyBytes)
        writer.member("connection_per_delivery", workload.isConnectionPerDelivery)
        writer.member("per_second", Int(perSecond))
        writer.member("p50_us", Int(median))
        writer.member("p99_us", Int(percentile99))
        writer.member("p999_us", Int(percentile999))
        writer.member("cpu_us_per_delivery", Int(processorMicroseconds))
        writer.member("load_cpu_percent", Int(loadProcessorShare * 100))
        writer.member("peak_kib", peakBytes / 1_024)
        writer.member("errors", errors)
        return writer.line
    }
}
