import ArgumentParser
import EventStream
import FalQueue
import Falconer
import HTTPServer
import Logging
import SystemPackage

/// The options of the service, before they are resolved against the environment and the defaults.
struct ServeOptions: ParsableArguments {
    @Option(help: "Where the hook listens, HOST:PORT (repeatable; default: 127.0.0.1:8787).")
    var listen: [String] = []

    @OptionGroup var socketOptions: SocketOptions

    @Option(
        help:
            "The Unix socket on which events are read over HTTP, 'off' for none (default: http.sock beside --socket)."
    )
    var httpSocket: String?

    @Option(
        help:
            "The folder of the journal and everything else that lasts (default: $XDG_STATE_HOME/falconer; root: /var/lib/falconer)."
    )
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A segment of the journal that is this large is followed by a new one (default: 67108864).",
            valueName: "bytes"
        )
    )
    var segmentBytes: Int?

    @Option(help: "fal's key set, a URL or a file (default: fal's own).")
    var keys: String?

    @Option(
        help:
            "Accept deliveries of this fal user id only (repeatable; default: learned from the first delivery that carries a token of ours)."
    )
    var account: [String] = []

    @Option(
        help:
            "Where fal reaches the hook, https://hooks.example.com; 'auto' is the first --listen, for an emulator on this machine."
    )
    var publicURL: String?

    @Option(name: .customLong("fal-queue-url"), help: "Where submissions go (default: https://queue.fal.run).")
    var falQueueURL: String?

    @Option(help: "A file with the fal key, id:secret (default: the variable FAL_KEY).")
    var falKeyFile: String?

    @Option(help: "How many submissions are on their way to fal at once (default: 4).")
    var sendsMax: Int?

    @Option(help: "The event loops of the hook (default: one for each core).")
    var threads: Int?

    @OptionGroup var polling: PollingOptions
    @OptionGroup var models: ModelOptions
    @OptionGroup var downloads: DownloadOptions
    @OptionGroup var storage: StorageOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var stream: StreamOptions
    @OptionGroup var log: LogOptions

    /// Every setting, with where it comes from; the key's value is not among them.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        let paths = DefaultPaths(environment: environment)
        return [
            joined("listen", listen, ["127.0.0.1:8787"], environment),
            socketOptions.setting(environment),
            environment.setting(
                "http-socket",
                flag: httpSocket,
                default: DefaultPaths.httpSocket(beside: socketOptions.setting(environment).value ?? "") ?? "off"
            ),
            environment.setting("data", flag: data, default: paths.data),
            environment.setting("segment-bytes", flag: segmentBytes.map { "\($0)" }, default: nil),
            environment.setting("keys", flag: keys, default: KeySource.fal.name),
            joined("account", account, [], environment),
            environment.setting("public-url", flag: publicURL, default: nil),
            environment.setting("fal-queue-url", flag: falQueueURL, default: "\(QueueURL.fal)"),
            environment.setting("fal-key-file", flag: falKeyFile, default: nil),
            environment.setting(
                "sends-max",
                flag: sendsMax.map { "\($0)" },
                default: "\(Outbox.concurrencyDefault)"
            ),
            environment.setting("threads", flag: threads.map { "\($0)" }, default: nil),
            log.setting(environment),
        ] + polling.settings(environment) + models.settings(environment, queue: falQueueURL)
            + downloads.settings(environment) + storage.settings(environment)
            + limits.settings(environment)
            + stream.settings(environment)
    }

    /// The configuration that is in force.
    ///
    /// - Throws: ``CommandFailure`` that names the option and says what it takes.
    func resolved(_ environment: Environment) throws -> ServiceConfiguration {
        let settings = settings(environment)
        // Mostly a shell variable that is not set; to take it for "not given" would accept everybody's deliveries.
        if let empty = settings.first(where: { $0.origin == .flag && $0.value == "" }) {
            throw CommandFailure(.usage, "--\(empty.name) is empty: give it a value, or leave it out")
        }
        let values = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value) })
        func value(_ name: String) -> String? { values[name] ?? nil }
        var configuration = ServiceConfiguration(
            socketPath: value("socket") ?? "",
            dataDirectory: FilePath(value("data") ?? "")
        )
        configuration.httpSocketPath = value("http-socket").flatMap { $0 == "off" ? nil : $0 }
        configuration.listen = try list(listen, value("listen")).map { text in
            try parsing("listen") { try ListenAddress(text) }
        }
        configuration.segmentBytesMax = try number("segment-bytes", value("segment-bytes"), 4_096...(1 << 40))
        configuration.keySource = KeySource(value("keys") ?? "")
        configuration.accounts = list(account, value("account"))
        configuration.queue = try parsing("fal-queue-url") { try QueueURL.parse(value("fal-queue-url") ?? "") }
        configuration.reach = try reach(value("public-url"))
        configuration.key = try key(value("fal-key-file"), environment)
        if let count = try number("sends-max", value("sends-max"), 1...Outbox.concurrencyMax) {
            configuration.sendsMax = count
        }
        try polling.resolve(into: &configuration, value)
        configuration.site = try ModelOptions.site(value)
        configuration.download = try DownloadOptions.resolved(value)
        configuration.threads = try number("threads", value("threads"), 1...64)
        configuration.limits = try limits.resolved(value)
        configuration.stream = try stream.resolved(value)
        configuration.access = try stream.access(value)
        if configuration.access.lists[.subscribe] != nil {
            // Over HTTP nobody asks who is at the other end, so a list could not be kept there.
            guard
                settings.first(where: { $0.name == "http-socket" })?.origin == .byDefault
                    || value("http-socket") == "off"
            else {
                throw CommandFailure(
                    .usage,
                    "--http-socket: whoever may connect there reads every event, whatever --allow-subscribe says",
                    advice: "leave one of the two out"
                )
            }
            configuration.httpSocketPath = nil
        }
        configuration.retention = try StorageOptions.retention(value)
        configuration.dedupeWindow = try StorageOptions.dedupeWindow(value)
        configuration.recovery = try storage.recovery(value)
        configuration.allowsNetworkFileSystem = try storage.allowsNetworkFileSystem(value)
        return configuration
    }

    private func joined(
        _ name: String,
        _ flags: [String],
        _ fallback: [String],
        _ environment: Environment
    ) -> Setting<String?> {
        let flag = flags.isEmpty ? nil : flags.joined(separator: ",")
        return environment.setting(name, flag: flag, default: fallback.joined(separator: ","))
    }

    /// The values of a repeatable option: the flags as they are, else the variable's or the default's, between commas.
    private func list(_ flags: [String], _ text: String?) -> [String] {
        guard flags.isEmpty else { return flags }
        return (text ?? "").split(separator: ",")
            .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            .filter { !$0.isEmpty }
    }

    private func reach(_ text: String?) throws -> ServiceConfiguration.Reach {
        switch text {
        case nil: .none
        case "auto": .firstListener
        case let text?: .url(try parsing("public-url") { try PublicURL.parse(text) })
        }
    }

    private func key(_ path: String?, _ environment: Environment) throws -> FalKey? {
        if let path { return try parsing("fal-key-file") { try FalKey.fromFile(path) } }
        do {
            return try FalKey.fromEnvironment(environment.variables)
        } catch {
            throw CommandFailure(.usage, "FAL_KEY: \(error)")
        }
    }
}

/// Reads one option's text; a failure names the option.
func parsing<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw CommandFailure(.usage, "--\(name): \(error)")
    }
}

/// Reads a whole number within bounds.
func number(_ name: String, _ text: String?, _ bounds: ClosedRange<Int>) throws -> Int? {
    guard let text else { return nil }
    guard let value = Int(text), bounds.contains(value) else {
        throw CommandFailure(
            .usage,
            "--\(name): \(text) is not a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
        )
    }
    return value
}
