import Glibc

/// How a chaos run goes.
struct ChaosSettings: Sendable {
    var submissions: Int
    var kills: Int
    var seed: UInt64
    var hasWebhooks: Bool
    var hasPolling: Bool
    var outageSeconds: Int
    /// How late a late callback is sent.
    var lateSeconds: Int
    /// When the service gives up on what cannot be known, seconds.
    var giveUpAfter: Int
    /// How long the end may take to come, after everything was handed in.
    var patience: Duration

    /// The service's options.
    func options(emulator: String) -> [String] {
        var options = [
            "--keys", "\(emulator)/.well-known/jwks.json", "--fal-queue-url", emulator, "--polling-budget", "60000",
            "--give-up-after", "\(giveUpAfter)", "--log-level", "warning",
        ]
        if hasWebhooks { options += ["--public-url", "auto"] }
        if !hasPolling { options.append("--no-polling") }
        return options
    }
}
