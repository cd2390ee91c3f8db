import ArgumentParser
import FalQueue
import FoundationEssentials

/// The options of `listen` about sending each event on.
struct ForwardOptions: ParsableArguments {
    @Option(
        name: .customLong("forward-to"),
        help: ArgumentHelp("POST each event of --consumer to this http or https URL.", valueName: "url")
    )
    var url: String?

    @Option(
        help: ArgumentHelp(
            "A file with the secret that signs, whsec_… (default: one of the consumer's own, which is made).",
            valueName: "file"
        )
    )
    var forwardSecretFile: String?

    @Option(help: ArgumentHelp("How long one POST may take.", valueName: "seconds"))
    var forwardTimeout = 30.0

    @Flag(help: "Forward also to this machine and to private networks.")
    var allowPrivate = false

    func validate() throws {
        if !(0.001...3_600).contains(forwardTimeout) {
            throw ValidationError("--forward-timeout must be 0.001 to 3600")
        }
        guard let url else {
            if forwardSecretFile != nil { throw ValidationError("--forward-secret-file goes with --forward-to") }
            if allowPrivate { throw ValidationError("--allow-private goes with --forward-to") }
            return
        }
        do {
            if try AbsoluteURL.parse(url).fragment != nil {
                throw ValidationError("--forward-to: a receiver does not see what is behind #")
            }
        } catch let error as AbsoluteURLError {
            throw ValidationError("--forward-to: \(error)")
        }
    }

    /// What forwards, if it was asked for.
    ///
    /// - Parameters:
    ///   - consumer: Whose secret it is.
    ///   - concurrency: How many requests there are at once.
    /// - Returns: The forwarder, which has not connected yet.
    /// - Throws: ``CommandFailure`` when there is no secret, or the URL leads where it must not.
    func makeForwarder(consumer: String, concurrency: Int) throws -> Forwarder? {
        guard let url else { return nil }
        let target = ForwardTarget(url: try AbsoluteURL.parse(url), allowsPrivate: allowPrivate)
        do {
            _ = try target.addresses()
        } catch let refusal as ForwardTarget.Refusal {
            throw CommandFailure(.usage, "--forward-to: \(refusal)", advice: "allow it with --allow-private")
        } catch {
            // The name may have an address later: each event tries again.
            StandardError.writeLine("falconer: \(error)")
        }
        return Forwarder(
            target,
            try signer(consumer),
            timeout: .milliseconds(Int(forwardTimeout * 1_000)),
            concurrency: concurrency
        )
    }

    private func signer(_ consumer: String) throws -> WebhookSigner {
        if let forwardSecretFile { return try ForwardSecret.read(forwardSecretFile) }
        // It becomes the name of a file here before the service can refuse it.
        guard !consumer.contains("/"), !consumer.hasPrefix(".") else {
            throw CommandFailure(.usage, "no consumer can have the name \(consumer)")
        }
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        // One for each consumer: receivers must not be able to sign for each other.
        let path = "\(DefaultPaths(environment: environment).data)/forward/\(consumer).secret"
        let (signer, isNew) = try ForwardSecret.readOrMake(path)
        if isNew { StandardError.writeLine("falconer: made the secret that signs, for the receiver too: \(path)") }
        return signer
    }
}
