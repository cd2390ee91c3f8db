import JSONText

/// One replay of a journal.
package struct ReplayMeasurement: BenchmarkMeasurement {
    /// How the bytes go to the reader.
    package enum Way: String, CaseIterable, Sendable {
        /// A subscription to everything.
        case subscriber
        /// A subscription with a filter that one event in a hundred passes.
        case filtered
        /// `cat FILES | nc -U`.
        case netcat
        /// A thread that reads blocks and writes them.
        case write
        /// A thread that has the kernel move them.
        case sendfile
    }

    /// How.
    package let way: Way
    /// The journal's size.
    package let bytes: Int
    /// How many bytes came.
    package let received: Int
    /// How many events came.
    package let events: Int
    /// From the request to the last byte.
    package let elapsed: Duration
    /// Processor time of the service; nil where it took no part.
    package var processorTime: Duration?

    /// Bytes of the journal that were gone through a second.
    package var bytesPerSecond: Double { Double(bytes) / max(elapsed / .seconds(1), 0.000_001) }

    /// The measurement as a JSON object.
    package var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("way", way.rawValue)
        writer.member("journal_bytes", bytes)
        writer.member("received_bytes", received)
        writer.member("events", events)
        writer.member("milliseconds", Int(elapsed / .milliseconds(1)))
        writer.member("mb_per_second", Int(bytesPerSecond / 1_000_000))
        if let processorTime { writer.member("service_cpu_ms", Int(processorTime / .milliseconds(1))) }
        return writer.line
    }
}
