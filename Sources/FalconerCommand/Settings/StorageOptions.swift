import ArgumentParser
import Journal

/// How the journal is kept, and what is done when its disk is not as it should be.
struct StorageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Delete events older than this, 30d; at least 1d (default: never).", valueName: "time"))
    var retainAge: String?

    @Option(
        help: ArgumentHelp(
            "Delete the oldest events beyond this size, 10GB; at least 1MiB (default: never).",
            valueName: "size"
        )
    )
    var retainBytes: String?

    @Option(
        help: ArgumentHelp(
            "What a start does about bytes that are no event: 'keep-valid' moves them into quarantine, 'strict' does not start (default: keep-valid).",
            valueName: "policy"
        )
    )
    var recovery: String?

    @Flag(
        name: .customLong("allow-network-filesystem"),
        help: "Take a data folder on NFS, SMB, FUSE and the like, where a 200 is worth what their sync is worth."
    )
    var allowNetworkFileSystem = false

    @Option(
        help: ArgumentHelp(
            "How long a repeated delivery is recognised, 24h; 1h to 30d. One of a submission of ours always is.",
            valueName: "time"
        )
    )
    var dedupeWindow: String?

    /// Every setting, with where it comes from.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        [
            environment.setting("retain-age", flag: retainAge, default: nil),
            environment.setting("retain-bytes", flag: retainBytes, default: nil),
            environment.setting("dedupe-window", flag: dedupeWindow, default: "24h"),
            environment.setting("recovery", flag: recovery, default: RecoveryPolicy.keepValid.rawValue),
            environment.setting(
                "allow-network-filesystem",
                flag: allowNetworkFileSystem ? "true" : nil,
                default: "false"
            ),
        ]
    }

    /// What is kept.
    static func retention(_ value: (String) -> String?) throws -> RetentionLimits {
        var limits = RetentionLimits()
        if let text = value("retain-age") {
            guard let age = Quantity.duration(text), age >= RetentionLimits.ageLeast else {
                throw CommandFailure(
                    .usage,
                    "--retain-age: \(text) is no time of at least 1d; give a number with h, d or w, as in 30d"
                )
            }
            limits.ageMax = age
        }
        if let text = value("retain-bytes") {
            guard let bytes = Quantity.bytes(text), bytes >= RetentionLimits.bytesLeast else {
                throw CommandFailure(
                    .usage,
                    "--retain-bytes: \(text) is no size of at least 1MiB; give a number with MB, GB or MiB, as in 10GB"
                )
            }
            limits.bytesMax = bytes
        }
        return limits
    }

    /// How long a repeated delivery is recognised.
    static func dedupeWindow(_ value: (String) -> String?) throws -> Duration {
        let text = value("dedupe-window") ?? ""
        guard let window = Quantity.duration(text), (Self.windowLeast...Self.windowMost).contains(window) else {
            throw CommandFailure(
                .usage,
                "--dedupe-window: \(text) is no time from 1h to 30d; give a number with h or d"
            )
        }
        return window
    }

    /// fal repeats a delivery for up to two hours, so that less makes little sense.
    static let windowLeast = Duration.seconds(3_600)
    /// Each delivery in it costs up to 64 bytes of memory.
    static let windowMost = Duration.seconds(30 * 86_400)

    /// What a start does about damage.
    func recovery(_ value: (String) -> String?) throws -> RecoveryPolicy {
        let text = value("recovery") ?? ""
        guard let policy = RecoveryPolicy(rawValue: text) else {
            let known = RecoveryPolicy.allCases.map(\.rawValue).joined(separator: " or ")
            throw CommandFailure(.usage, "--recovery: \(text) is not \(known)")
        }
        return policy
    }

    /// Whether any file system will do.
    func allowsNetworkFileSystem(_ value: (String) -> String?) throws -> Bool {
        switch value("allow-network-filesystem") {
        case "true", "1": return true
        case nil, "false", "0": return false
        case let text?:
            throw CommandFailure(.usage, "--allow-network-filesystem: \(text) is neither true nor false")
        }
    }
}

/// Amounts as people write them.
enum Quantity {
    /// A time: a whole number with s, m, h, d or w behind it.
    static func duration(_ text: String) -> Duration? {
        parse(text, ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]).map { .seconds($0) }
    }

    /// A size: a whole number of bytes, or of kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024).
    static func bytes(_ text: String) -> Int? {
        parse(
            text.uppercased(),
            [
                "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
                "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
            ]
        )
    }

    private static func parse(_ text: String, _ units: [String: Int]) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        // A duration of more seconds than this does not fit in microseconds.
        return overflow || product > 1 << 53 ? nil : product
    }
}
