import ArgumentParser

/// The options of `listen` that working on events shares, whatever the work is.
struct WorkOptions: ParsableArguments {
    /// The most events that can be worked on at once; each has a thread.
    static let concurrencyMax = 256

    @Option(help: ArgumentHelp("How many events are worked on at once.", valueName: "count"))
    var concurrency = 1

    @Option(
        help: ArgumentHelp(
            "How long after its first failure an event is tried again; doubles with each, up to 300.",
            valueName: "seconds"
        )
    )
    var backoff = 1.0

    func validate() throws {
        if !(1...Self.concurrencyMax).contains(concurrency) {
            throw ValidationError("--concurrency must be 1 to \(Self.concurrencyMax)")
        }
        if !(0.001...300).contains(backoff) { throw ValidationError("--backoff must be 0.001 to 300") }
    }
}
