import ArgumentParser
import JSONText

/// The command `falconer show`.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell the whole story of a submission, with times.",
        discussion: """
            Every event about it, when it came and how long after its beginning, and where each named consumer is with \
            the last of them: whether and when it was acknowledged, or why it was parked.

              falconer show 019ad3f1-7c0e
              falconer show 019ad3f1-7c0e --format json | jq .timeline

            Exit codes: 0 shown, 4 there is no such submission, 5 no service, 64 the id is the beginning of more than one.
            """
    )

    @Argument(help: "A submission id, or fal's request id, or the beginning of one.")
    var id: String

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let connection = try ServiceConnection(path: service.path)
            var writer = JSONObjectWriter()
            writer.member("op", "status")
            writer.member("submission", id)
            let submission = try connection.request(writer.bytes)
            var question = JSONObjectWriter()
            question.member("op", "consumers")
            question.member("event", submission.string("id"))
            let consumers = try connection.request(question.bytes).objects("consumers")
            let events = try events(of: submission, connection)
            let timeline = Timeline(submission: submission, events: events, consumers: consumers)
            if output.resolvedFormat == .human {
                for line in timeline.text(Style(isTerminal: StandardOutput.isTerminal)) {
                    try StandardOutput.writeLine(line)
                }
            } else {
                try StandardOutput.write(timeline.json)
            }
        }
    }

    /// Every event about it, from the first to the last.
    private func events(of submission: JSONLine, _ connection: ServiceConnection) throws -> [JSONLine] {
        let first = max(UInt64(submission.string("first") ?? "") ?? 1, 1)
        var writer = JSONObjectWriter()
        writer.member("op", "subscribe")
        writer.member("after", "\(first - 1)")
        writer.member("until", submission.string("id"))
        writer.member("submission", submission.string("submission"))
        try connection.send(writer.bytes)
        var events: [JSONLine] = []
        while let line = try connection.next(deadline: .now + ServiceConnection.answerTime) {
            switch line.frame {
            case nil: events.append(line)
            case "error": throw ServiceConnection.refusal(line)
            case "bye": return events
            default: continue
            }
        }
        return events
    }
}
