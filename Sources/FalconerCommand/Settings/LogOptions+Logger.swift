import FoundationEssentials
import Logging

extension LogOptions {
    /// A logger to standard error at the level that is in force.
    func logger(_ label: String) throws -> Logger {
        let text = setting(Environment(variables: ProcessInfo.processInfo.environment)).value ?? "info"
        guard let level = Logger.Level(rawValue: text) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "--log-level: \(text) is none of \(known)")
        }
        return Logger(label: label) { StandardErrorLogHandler(label: $0, level: level) }
    }
}
