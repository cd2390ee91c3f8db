import JSONText
import Logging
import Posix

/// Logs to standard error: a line of text for people on a terminal, a line of JSON otherwise.
struct StandardErrorLogHandler: LogHandler {
    private let label: String
    private let isForPeople: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, level: Logger.Level, isForPeople: Bool = StandardError.isTerminal) {
        self.label = label
        self.isForPeople = isForPeople
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        let pairs = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        StandardError.write(
            isForPeople
                ? Self.text(event.level, "\(event.message)", pairs)
                : Self.json(event.level, label, "\(event.message)", pairs)
        )
    }

    private static func text(_ level: Logger.Level, _ message: String, _ pairs: [(String, String)]) -> String {
        let time = WallTime.now.rfc3339.dropFirst("2026-11-22T".count).prefix("14:17:00.123".count)
        let details = pairs.map { " \($0.0)=\($0.1)" }.joined()
        return "\(time) \(level): \(message)\(details)\n"
    }

    private static func json(
        _ level: Logger.Level,
        _ label: String,
        _ message: String,
        _ pairs: [(String, String)]
    ) -> String {
        var line = Array("{".utf8)
        let fields = [
            ("time", WallTime.now.rfc3339), ("level", level.rawValue), ("logger", label), ("message", message),
        ]
        for (index, (name, value)) in (fields + pairs).enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            JSONText.appendString(name, to: &line)
            line.append(UInt8(ascii: ":"))
            JSONText.appendString(value, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
        return String(decoding: line, as: UTF8.self)
    }
}
