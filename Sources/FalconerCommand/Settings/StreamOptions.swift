import ArgumentParser
import EventStream
import Glibc
import Posix

/// What the event socket takes, and from whom.
struct StreamOptions: ParsableArguments {
    @Option(help: "Connections to the event socket (default: 1024).")
    var subscribers: Int?

    @Option(help: "Connections to the event socket of one user (default: 256).")
    var subscribersPerUser: Int?

    @Option(
        help: ArgumentHelp(
            "When a quiet subscriber hears that the service is there (default: 15).",
            valueName: "seconds"
        )
    )
    var heartbeat: Int?

    @Option(
        help: ArgumentHelp(
            "Who may submit and cancel: uid:1000,gid:50,user:NAME,group:NAME (default: whoever may connect).",
            valueName: "list"
        )
    )
    var allowSubmit: String?

    @Option(
        help: ArgumentHelp(
            "Who may receive events and look at submissions and consumers (default: whoever may connect); without --http-socket.",
            valueName: "list"
        )
    )
    var allowSubscribe: String?

    @Option(
        help: ArgumentHelp(
            "Who may create, move and delete consumers, and see rejections (default: whoever may connect).",
            valueName: "list"
        )
    )
    var allowAdmin: String?

    /// The options of the lists.
    private static let rights: [(name: String, right: StreamAccess.Right)] = [
        ("allow-submit", .submit), ("allow-subscribe", .subscribe), ("allow-admin", .administer),
    ]
    /// The most of either that can be asked for.
    private static let subscribersMax = 65_536
    /// The seconds that can be asked for between two heartbeats.
    private static let heartbeatSeconds = 1...3_600

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
            environment.setting(
                "heartbeat",
                flag: heartbeat.map { "\($0)" },
                default: "\(defaults.heartbeatInterval.components.seconds)"
            ),
            environment.setting("allow-submit", flag: allowSubmit, default: nil),
            environment.setting("allow-subscribe", flag: allowSubscribe, default: nil),
            environment.setting("allow-admin", flag: allowAdmin, default: nil),
        ]
    }

    /// Who may do what: whoever may connect, which the socket's permissions decide, but where there is a list.
    func access(_ value: (String) -> String?) throws -> StreamAccess {
        var access = StreamAccess(owner: geteuid())
        for (name, right) in Self.rights {
            guard let text = value(name) else { continue }
            access.lists[right] = try parsing(name) {
                try AccessList(
                    text,
                    user: { AccountNames.user(named: $0) },
                    group: { AccountNames.group(named: $0) }
                )
            }
        }
        return access
    }

    /// The limits that are in force.
    func resolved(_ value: (String) -> String?) throws -> EventStreamLimits {
        let bounds = 1...Self.subscribersMax
        var limits = EventStreamLimits()
        if let count = try number("subscribers", value("subscribers"), bounds) { limits.connectionsMax = count }
        if let count = try number("subscribers-per-user", value("subscribers-per-user"), bounds) {
            limits.connectionsPerUserMax = count
        }
        if let seconds = try number("heartbeat", value("heartbeat"), Self.heartbeatSeconds) {
            limits.heartbeatInterval = .seconds(seconds)
        }
        return limits
    }
}
