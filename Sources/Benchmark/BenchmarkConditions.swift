import FoundationEssentials
package import JSONText

/// What a figure was measured on; without it a figure says little.
package struct BenchmarkConditions: Sendable, CustomStringConvertible {
    /// The processor's name (/proc/cpuinfo).
    package let processor: String
    /// Processors that may be used.
    package let processorCount: Int
    /// The kernel's release.
    package let kernel: String
    /// When it was measured, RFC 3339.
    package let time: String

    /// Of this machine, now.
    package static var current: BenchmarkConditions {
        let cpu = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        return BenchmarkConditions(
            processor: cpu?.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown processor",
            processorCount: ProcessInfo.processInfo.activeProcessorCount,
            kernel: String(text("/proc/sys/kernel/osrelease").prefix { $0 != "\n" }),
            time: Date.now.formatted(.iso8601)
        )
    }

    /// The conditions in one line for people.
    package var description: String {
        "\(processorCount) x \(processor), Linux \(kernel), \(time)"
    }

    /// Adds the conditions to an object.
    package func write(to writer: inout JSONObjectWriter) {
        writer.member("processor", processor)
        writer.member("processors", processorCount)
        writer.member("kernel", kernel)
        writer.member("time", time)
    }

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
