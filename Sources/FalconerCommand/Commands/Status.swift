import ArgumentParser
import JSONText

/// The command `falconer status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say where a submission stands.",
        discussion: """
            Exit codes: 0 found, 4 there is no such submission, 5 no service, 64 the id is the beginning of more than one.
            """
    )

    @Argument(help: "A submission id, or fal's request id, or the beginning of one.")
    var id: String

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            var writer = JSONObjectWriter()
            writer.member("op", "status")
            writer.member("submission", id)
            let reply = try ServiceConnection(path: service.path).request(writer.bytes)
            try SubmissionText(format: output.resolvedFormat).print(reply)
        }
    }
}
