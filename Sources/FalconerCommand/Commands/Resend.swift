import ArgumentParser
import JSONText

/// The command `falconer resend`.
struct Resend: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a submission again of which nobody knows whether fal has it.",
        discussion: """
            fal has no idempotency key: when its answer to a submission is lost, the run may be under way, and sending it \
            again may run it twice and be paid for twice. Falconer therefore never does it by itself. It looks for the \
            request at fal, waits for its callback, and in the end says 'uncertain' or 'lost'. Look at fal's own list of \
            requests first; then it is yours to decide.

            Exit codes: 0 it will be sent again, 4 there is none, 5 no service, 10 it is neither uncertain nor lost, \
            64 without --may-pay-twice.
            """
    )

    @Argument(help: "A submission id, or the beginning of one.")
    var id: String

    @Flag(help: "Say that you know it may run, and be paid for, twice.")
    var mayPayTwice = false

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let resending = Resending(id: id, mayPayTwice: mayPayTwice, socket: service.path)
            try resending.run(output.resolvedFormat)
        }
    }
}

/// What `falconer resend` and `falconer submit --resend` do.
struct Resending {
    let id: String
    let mayPayTwice: Bool
    let socket: String

    /// Asks the service to send it again, and prints that it will be.
    ///
    /// - Throws: ``CommandFailure``, also when nobody has said that it may be paid for twice.
    func run(_ format: OutputFormat) throws {
        guard mayPayTwice else {
            throw CommandFailure(
                .usage,
                "if fal has the first one, \(id) runs twice and is paid for twice",
                advice: "look at fal's list of requests; to send it all the same, add --may-pay-twice"
            )
        }
        var writer = JSONObjectWriter()
        writer.member("op", "resend")
        writer.member("submission", id)
        let reply = try ServiceConnection(path: socket).request(writer.bytes)
        let submission = reply.string("submission") ?? id
        guard format == .json else {
            try StandardOutput.writeLine("\(submission) is sent again")
            return
        }
        var answer = JSONObjectWriter()
        answer.member("submission", submission)
        answer.member("state", reply.string("state"))
        try StandardOutput.write(answer.line)
    }
}
