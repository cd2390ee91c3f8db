import ArgumentParser
import JSONText

/// The command `falconer status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say where a submission stands.",
        discussion: """
            With --at-fal fal itself is asked as well, and its words are told beside ours: fal has only IN_QUEUE, \
            IN_PROGRESS and COMPLETED, and COMPLETED also for a run that failed or was cancelled.

            Exit codes: 0 found, 4 there is no such submission, 5 no service (with --at-fal: or no fal), 9 key refused, \
            64 the id is the beginning of more than one.
            """
    )

    @Argument(help: "A submission id, or fal's request id, or the beginning of one.")
    var id: String

    @Flag(help: "Ask fal as well, and tell its answer.")
    var atFal = false

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            var writer = JSONObjectWriter()
            writer.member("op", "status")
            writer.member("submission", id)
            let connection = try ServiceConnection(path: service.path)
            let reply = try connection.request(writer.bytes)
            var answer: JSONLine?
            if atFal {
                var question = JSONObjectWriter()
                question.member("op", "logs")
                question.member("submission", reply.string("submission"))
                answer = try connection.request(question.bytes)
            }
            try SubmissionText(format: output.resolvedFormat).print(reply, atFal: answer)
        }
    }
}
