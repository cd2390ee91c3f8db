package import HTTPServer
internal import Posix
package import SystemPackage

/// How an emulator is set up.
package struct EmulatorConfiguration: Sendable {
    /// The default place to listen: port 8788 on 127.0.0.1.
    package static let defaultListen = ListenAddress(ip: .v4(0x7F00_0001), port: 8788)
    /// The default account, in the form that Auth0 gives (fal logs people in through it).
    package static let defaultAccount = "emulator|account-1"
    /// The greatest speed: an hour of retries in a tenth of a second.
    package static let speedMax = 36_000.0

    /// Where it listens; over TLS when ``isTLS``.
    package var listen: [ListenAddress] = [Self.defaultListen]
    /// Where it listens without TLS beside ``listen``, for clients that do not know the certificate.
    package var plainListen: [ListenAddress] = []
    /// Whether ``listen`` is HTTPS, with a certificate made at the start.
    package var isTLS = false
    /// Where the certificate is written as PEM; a temporary file when nil.
    package var certificateFile: FilePath?
    /// Where the signing keys are kept; nil makes new ones at each start.
    package var keysFile: FilePath?
    /// The rules that decide on the scenarios of submissions.
    package var rules = RuleFile()
    /// When a failed webhook is tried again.
    package var schedule = WebhookSchedule.Preset.late2026
    /// By how much the times of the schedule and the lives of stored answers are shortened; 1 is fal's own pace.
    package var speed = 1.0
    /// How many requests run at once; fal gives new accounts two.
    package var concurrency = 2
    /// How many requests of some endpoints run at once; the first that fits an endpoint holds.
    package var endpointLimits: [EndpointLimit] = []
    /// How long a signing key is used before the next takes its place; nil for ever.
    package var keyRotationInterval: Duration?
    /// The user id that signed deliveries carry.
    package var account = Self.defaultAccount
    /// How long a request waits before it runs, when no scenario says otherwise.
    package var queueTime: Duration = .milliseconds(300)
    /// How long a request runs, when no scenario says otherwise.
    package var runTime: Duration = .milliseconds(700)
    /// How long between two comments on a silent status stream.
    package var pingInterval: Duration = .seconds(15)
    /// Whether the keys' `x` is published with padding, which fal's own Python sample needs.
    package var padsKeys = false
    /// Whether a rotated key is still published.
    package var keepsOldKeys = true
    /// Whether a retry carries the first attempt's timestamp and signature instead of new ones.
    package var keepsFirstSignature = false
    /// Whether hooks on loopback and private addresses are refused, as fal refuses them.
    package var refusesPrivateTargets = false
    /// How many event loops it runs.
    package var threads = 1

    /// Makes the defaults.
    package init() {}
}
