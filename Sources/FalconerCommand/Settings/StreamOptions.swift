import ArgumentParser
import EventStream

/// What the event socket takes, and from whom.
struct StreamOptions: ParsableArguments {
    @Option(help: "Connections to the event socket (default: 1024).")
    var subscribers: Int?

    @Option(help: "Connections to the event socket of one user (default: 256).")
    var subscribersPerUser: Int?

    /// The most of either that can be asked for.
    private static let subscribersMax = 65_536

    /// Every setting, with where it comes from.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        let defaults = EventStreamLimits()
        return [
            environment.setting(
                "subscribers",
                flag: subscribers.map { "\($0)" },
                default: "\(defaults.connectionsMax)"
            ),
            environment.setting(
                "subscribers-per-user",
                flag: subscribersPerUser.map { "\($0)" },
                default: "\(defaults.connectionsPerUserMax)"
            ),
        ]
    }

    /// The limits that are in force.
    func resolved(_ value: (String) -> String?) throws -> EventStreamLimits {
        let bounds = 1...Self.subscribersMax
        var limits = EventStreamLimits()
        if let count = try number("subscribers", value("subscribers"), bounds) { limits.connectionsMax = count }
        if let count = try number("subscribers-per-user", value("subscribers-per-user"), bounds) {
            limits.connectionsPerUserMax = count
        }
        return limits
    }
}
