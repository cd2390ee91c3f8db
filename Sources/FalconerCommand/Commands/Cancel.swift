import ArgumentParser
import JSONText

/// The command `falconer cancel`.
struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancel a submission.",
        discussion: """
            What was not sent yet never is. What fal has waiting is taken out of its queue. A run that has begun is told \
            to stop; whether it does is the model's choice, and its end still comes.

            Exit codes: 0 cancelled, or told to stop, 4 there is none, or fal does not know it, 5 no service or no fal, \
            6 not known whether fal has it, 9 key refused, 10 it had ended before, 64 the id is the beginning of more \
            than one.
            """
    )

    @Argument(help: "A submission id, or fal's request id, or the beginning of one.")
    var id: String

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            var writer = JSONObjectWriter()
            writer.member("op", "cancel")
            writer.member("submission", id)
            let reply = try ServiceConnection(path: service.path).request(writer.bytes)
            let submission = reply.string("submission") ?? id
            let state = reply.string("state") ?? "?"
            let answer = reply.string("answer") ?? "?"
            if output.resolvedFormat == .json {
                var writer = JSONObjectWriter()
                writer.member("submission", submission)
                writer.member("answer", answer)
                writer.member("state", state)
                try StandardOutput.write(writer.line)
            }
            switch answer {
            case "not_sent": try say("\(submission) is cancelled; it was never sent")
            case "cancelled": try say("\(submission) is cancelled; fal took it out of its queue")
            case "requested": try say("\(submission) runs and was told to stop; its end is still to come")
            case "already_completed":
                let isOpenHere = ["accepted", "uncertain"].contains(state)
                throw CommandFailure(
                    .conflict,
                    "\(submission) had ended before" + (isOpenHere ? "; how has not come yet" : ": \(state)"),
                    advice: "see how: falconer show \(submission)"
                )
            default:
                throw CommandFailure(
                    .notFound,
                    "fal does not know the request of \(submission)",
                    advice: "it may have expired; see what is known: falconer show \(submission)"
                )
            }
        }
    }

    private func say(_ text: String) throws {
        if output.resolvedFormat == .human { try StandardOutput.writeLine(text) }
    }
}
