import JSONText

/// One opening of a journal.
package struct RecoverMeasurement: BenchmarkMeasurement {
    /// In which way.
    package let subject: RecoverBenchmark.Subject
    /// How many events were handed out.
    package let events: Int
    /// The bytes of the journal.
    package let bytes: Int
    /// How long it took.
    package let duration: Duration
    /// Processor time of all threads meanwhile.
    package let processorTime: Duration
    /// How much more memory the process has afterwards, bytes.
    package let residentBytes: Int

    /// Bytes of the journal a second.
    package var bytesPerSecond: Double { Double(bytes) / (duration / .seconds(1)) }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("opening", subject.rawValue)
        writer.member("events", events)
        writer.member("bytes", bytes)
        writer.member("ms", Int(duration / .milliseconds(1)))
        writer.member("cpu_ms", Int(processorTime / .milliseconds(1)))
        writer.member("mb_per_second", Int(bytesPerSecond / 1_000_000))
        writer.member("resident_kib", residentBytes / 1_024)
        return writer.line
    }
}
