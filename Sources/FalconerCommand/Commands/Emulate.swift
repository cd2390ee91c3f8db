import ArgumentParser
import FalEmulator
import HTTPServer
import JSONText
import Logging
import SystemPackage

/// `falconer emulate`.
struct Emulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Be fal, on this machine: a queue, webhooks, keys, and faults on request.",
        discussion: """
            Once it is ready it prints where it can be reached, as a line of JSON unless standard output is a terminal. \
            Any key of the form id:secret is taken. What it knows it keeps in memory, but for the signing keys.

              falconer emulate
              falconer emulate --tls --listen 127.0.0.1:8443 --certificate-file ./emulator.pem
                  FAL_QUEUE_RUN_HOST=localhost:8443 SSL_CERT_FILE=./emulator.pem python app.py

            A submission's headers say how it goes (--rules FILE says it for clients that cannot send them):
              X-Emulator-Outcome: error-422          X-Emulator-Webhook: duplicate
              X-Emulator-Reply: lost                 X-Emulator-Queue-Ms: 50      X-Emulator-Run-Ms: 2000
              X-Emulator-Big-Integer: 1              X-Emulator-Rotate-Keys: 1
              X-Emulator-Flaps: 2 (back into the queue and into a run again, twice)
            A wrong name or value is answered 400, with those there are.

            On loopback: GET /emulator/requests, GET /emulator/deliveries, POST /emulator/requests/ID/redeliver, \
            POST /emulator/keys/rotate, POST /emulator/outage?seconds=N, PUT /emulator/rules (other rules from now on), \
            POST /emulator/requests/ID/step (from the queue into its run, from there to its end; with a queue time of a \
            day nothing happens but that).

            Files are uploaded as to https://rest.fal.ai: give its URL as --fal-rest-url.

            Exit codes: 0 stopped, 5 an address cannot be listened on, 64 wrong options.
            """
    )

    @Option(help: "Where it listens, HOST:PORT (repeatable; default: 127.0.0.1:8788).")
    var listen: [String] = []

    @Flag(help: "Serve HTTPS on --listen, with a certificate made at the start.")
    var tls = false

    @Option(help: "Where it listens without TLS beside --listen, HOST:PORT (repeatable).")
    var plainListen: [String] = []

    @Option(help: ArgumentHelp("Where the certificate goes, PEM (default: a new file in /tmp).", valueName: "file"))
    var certificateFile: String?

    @OptionGroup var keys: KeysFileOptions

    @Option(help: ArgumentHelp("A JSON list of rules that say how submissions go.", valueName: "file"))
    var rules: String?

    @Option(help: "When failed webhooks are tried again, after fal's documentation of that time: 2025, 2026a or 2026b.")
    var schedule: WebhookSchedule.Preset = .late2026

    @Option(help: "By how much the waits of the schedule and the lives of answers are shortened.")
    var speed: Double = 1

    @Option(help: "How many requests run at once.")
    var concurrency: Int = 2

    @Option(
        help: ArgumentHelp(
            "How many requests of some endpoints run at once, like 'xai/*=1' (repeatable; the first that fits holds).",
            valueName: "pattern=count"
        )
    )
    var endpointConcurrency: [String] = []

    @Option(help: ArgumentHelp("Take a new signing key this often (default: never).", valueName: "seconds"))
    var rotateKeysEvery: Double?

    @Option(help: "The fal user id that deliveries carry.")
    var account: String = EmulatorConfiguration.defaultAccount

    @Option(help: ArgumentHelp("How long a request waits before it runs.", valueName: "seconds"))
    var queueTime: Double = 0.3

    @Option(help: ArgumentHelp("How long a request runs.", valueName: "seconds"))
    var runTime: Double = 0.7

    @Flag(help: "Publish the keys with padding, as fal's own Python sample needs them.")
    var padKeys = false

    @Flag(help: "Drop webhooks to loopback and private addresses, as fal does.")
    var refusePrivateTargets = false

    @OptionGroup var log: LogOptions

    func run() async throws {
        try await reportingFailure {
            let logger = try log.logger("falconer-emulate")
            let configuration = try configuration()
            let emulator: FalEmulator
            do throws(EmulatorStartFailure) {
                emulator = try FalEmulator.start(configuration, logger: logger)
            } catch {
                let status: ExitStatus = error.part == .listen ? .unreachable : .usage
                throw CommandFailure(status, error.description, advice: error.advice)
            }
            try await runUntilSignalled(emulator, logger: logger) { try announce(emulator) }
        }
    }

    private func configuration() throws -> EmulatorConfiguration {
        var configuration = EmulatorConfiguration()
        if !listen.isEmpty { configuration.listen = try addresses("listen", listen) }
        configuration.plainListen = try addresses("plain-listen", plainListen)
        configuration.isTLS = tls
        configuration.certificateFile = certificateFile.map { FilePath($0) }
        configuration.keysFile = keys.path
        if let rules {
            let bytes = try wholeFile(rules, option: "rules")
            configuration.rules = try parsing("rules") { try RuleFile(bytes) }
        }
        configuration.schedule = schedule
        configuration.speed = try bounded("speed", speed, 0.01...EmulatorConfiguration.speedMax)
        configuration.concurrency = Int(try bounded("concurrency", Double(concurrency), 1...100_000))
        configuration.endpointLimits = try endpointConcurrency.map { text in
            try parsing("endpoint-concurrency") { try EndpointLimit(text) }
        }
        configuration.keyRotationInterval = try rotateKeysEvery.map { seconds in
            .milliseconds(Int(try bounded("rotate-keys-every", seconds, 0.1...86_400) * 1000))
        }
        configuration.account = account
        configuration.queueTime = .milliseconds(Int(try bounded("queue-time", queueTime, 0...86_400) * 1000))
        configuration.runTime = .milliseconds(Int(try bounded("run-time", runTime, 0...86_400) * 1000))
        configuration.padsKeys = padKeys
        configuration.refusesPrivateTargets = refusePrivateTargets
        return configuration
    }

    private func addresses(_ option: String, _ texts: [String]) throws -> [ListenAddress] {
        try texts.map { text in try parsing(option) { try ListenAddress(text) } }
    }

    private func bounded(_ option: String, _ value: Double, _ bounds: ClosedRange<Double>) throws -> Double {
        guard bounds.contains(value) else {
            throw CommandFailure(.usage, "--\(option): not between \(bounds.lowerBound) and \(bounds.upperBound)")
        }
        return value
    }

    private func announce(_ emulator: FalEmulator) throws {
        let certificate = emulator.certificateFile?.string
        if StandardOutput.isTerminal {
            try StandardOutput.writeLine("Queue        \(emulator.url)")
            try StandardOutput.writeLine("Keys         \(emulator.keysURL)")
            if let certificate { try StandardOutput.writeLine("Certificate  \(certificate)") }
            return
        }
        var writer = JSONObjectWriter()
        let listening = emulator.boundAddresses.map { address in
            var text: [UInt8] = []
            JSONText.appendString("\(address)", to: &text)
            return text
        }
        writer.member("listening", array: listening)
        writer.member("url", emulator.url)
        writer.member("keys", emulator.keysURL)
        writer.member("certificate", certificate)
        try StandardOutput.write(writer.line)
    }
}

extension WebhookSchedule.Preset: ExpressibleByArgument {}
