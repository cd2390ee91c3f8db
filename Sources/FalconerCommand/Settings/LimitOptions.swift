import ArgumentParser
import HTTPServer

/// What the hook takes from its clients before it says no.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The largest body (default: 8388608).", valueName: "bytes"))
    var bodyBytesMax: Int?

    @Option(help: ArgumentHelp("All bodies under way together (default: 268435456).", valueName: "bytes"))
    var bodiesBytesMax: Int?

    @Option(help: ArgumentHelp("The largest request line and headers (default: 16384).", valueName: "bytes"))
    var headerBytesMax: Int?

    @Option(help: "Open connections (default: 1024).")
    var connectionsMax: Int?

    @Option(help: "Open connections of one address (default: 512).")
    var connectionsPerAddressMax: Int?

    @Option(help: ArgumentHelp("How long a connection may be idle (default: 60).", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(help: ArgumentHelp("How long one request may take to arrive, in all (default: 30).", valueName: "seconds"))
    var requestDeadline: Int?

    /// Every setting, with where it comes from.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        let defaults = ServerLimits()
        let all: [(String, Int?, Int)] = [
            ("body-bytes-max", bodyBytesMax, defaults.bodyBytesMax),
            ("bodies-bytes-max", bodiesBytesMax, defaults.bodiesBytesMax),
            ("header-bytes-max", headerBytesMax, defaults.headerBytesMax),
            ("connections-max", connectionsMax, defaults.connectionsMax),
            ("connections-per-address-max", connectionsPerAddressMax, defaults.connectionsPerAddressMax),
            ("idle-timeout", idleTimeout, Int(defaults.idleTimeout.components.seconds)),
            ("request-deadline", requestDeadline, Int(defaults.requestDeadline.components.seconds)),
        ]
        return all.map { name, flag, fallback in
            environment.setting(name, flag: flag.map { "\($0)" }, default: "\(fallback)")
        }
    }

    /// The limits that are in force.
    func resolved(_ value: (String) -> String?) throws -> ServerLimits {
        func limit(_ name: String, _ bounds: ClosedRange<Int>) throws -> Int? {
            try number(name, value(name), bounds)
        }
        var limits = ServerLimits()
        if let bytes = try limit("body-bytes-max", 1_024...(8 << 20)) { limits.bodyBytesMax = bytes }
        if let bytes = try limit("bodies-bytes-max", 1_024...(64 << 30)) { limits.bodiesBytesMax = bytes }
        if let bytes = try limit("header-bytes-max", 1_024...(256 << 10)) { limits.headerBytesMax = bytes }
        if let count = try limit("connections-max", 1...65_536) { limits.connectionsMax = count }
        if let count = try limit("connections-per-address-max", 1...65_536) { limits.connectionsPerAddressMax = count }
        if let seconds = try limit("idle-timeout", 1...86_400) { limits.idleTimeout = .seconds(seconds) }
        if let seconds = try limit("request-deadline", 1...86_400) { limits.requestDeadline = .seconds(seconds) }
        return limits
    }
}

/// How much is logged.
struct LogOptions: ParsableArguments {
    @Option(help: "trace, debug, info, notice, warning or error (default: info).")
    var logLevel: String?

    /// The level, and where that comes from.
    func setting(_ environment: Environment) -> Setting<String?> {
        environment.setting("log-level", flag: logLevel, default: "info")
    }
}
