import ArgumentParser
import JSONText

/// The command `falconer status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say where a submission stands.",
        discussion: "Exit codes: 0 found, 4 there is no such submission, 5 no service."
    )

    @Argument(help: "A submission id, or fal's request id.")
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

/// The command `falconer list`.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the submissions and where they stand.",
        discussion: "Exit codes: 0 listed, 5 no service."
    )

    @Option(
        help:
            "Only those in this state: created, sending, waiting, uncertain, accepted, refused, succeeded, failed, cancelled or lost."
    )
    var state: String?

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            var writer = JSONObjectWriter()
            writer.member("op", "list")
            writer.member("state", state)
            let reply = try ServiceConnection(path: service.path).request(writer.bytes)
            let text = SubmissionText(format: output.resolvedFormat)
            do {
                for submission in reply.objects("submissions") { try text.print(submission) }
            } catch is OutputClosed {
                return
            }
        }
    }
}

/// A submission as a line of output.
private struct SubmissionText {
    let format: OutputFormat

    /// Prints the members in the order people look for them.
    func print(_ submission: JSONLine) throws {
        if format == .human {
            let style = Style(isTerminal: StandardOutput.isTerminal)
            let state = submission.string("state") ?? "?"
            let parts = [
                submission.string("submission") ?? "?", Self.paint(state, style),
                submission.string("endpoint").map(style.faint) ?? "",
                submission.string("request_id").map { "request \($0)" } ?? "",
                submission.string("tag").map { "tag \($0)" } ?? "",
                style.faint("since \(submission.string("updated") ?? "?")"),
            ]
            try StandardOutput.writeLine(parts.filter { !$0.isEmpty }.joined(separator: "  "))
            return
        }
        var writer = JSONObjectWriter()
        let names: [(String, String)] = [
            ("submission", "submission"), ("state", "state"), ("endpoint", "endpoint"), ("request_id", "request_id"),
            ("tag", "tag"), ("created", "created"), ("updated", "updated"), ("id", "id"),
        ]
        for (name, key) in names { writer.member(name, submission.string(key)) }
        if let sent = submission.raw("sent") { writer.member("sent", json: sent) }
        try StandardOutput.write(writer.line)
    }

    private static func paint(_ state: String, _ style: Style) -> String {
        switch state {
        case "succeeded": style.good(state)
        case "failed", "refused", "lost", "uncertain": style.bad(state)
        default: state
        }
    }
}
