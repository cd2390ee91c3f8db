import FoundationEssentials
import Glibc

/// What a process has used, as the kernel counts it (proc(5)).
struct ProcessUsage {
    /// Processor time of all its threads.
    var processorTime: Duration
    /// The most memory it ever had resident, bytes.
    var peakBytes: Int
    /// The memory it has resident now, bytes.
    var residentBytes: Int

    /// Reads the counts of a running process; nil when it is gone.
    init?(of processID: Int32) {
        guard let stat = Self.text("/proc/\(processID)/stat"), let status = Self.text("/proc/\(processID)/status")
        else {
            return nil
        }
        // The name stands in parentheses and may hold anything, so count behind the last one.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int64(fields[11]), let kernel = Int64(fields[12]) else { return nil }
        // The unit is 1/100 s on every Linux that Swift runs on (sysconf(_SC_CLK_TCK)).
        processorTime = .milliseconds((user + kernel) * 10)
        peakBytes = Self.bytes("VmHWM:", in: status)
        residentBytes = Self.bytes("VmRSS:", in: status)
    }

    private static func bytes(_ name: String, in status: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0.drop { $0 == "\t" }) }
        return (kilobytes ?? 0) * 1_024
    }

    /// Processor time of this process so far (clock_gettime(2)).
    static var ownProcessorTime: Duration {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func text(_ path: String) -> String? {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
    }
}
