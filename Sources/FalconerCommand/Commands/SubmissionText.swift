import JSONText

/// A submission as a line of output.
struct SubmissionText {
    let format: OutputFormat

    /// Prints the members in the order people look for them.
    ///
    /// - Throws: ``OutputClosed``.
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
        try StandardOutput.write(Self.members(of: submission).line)
    }

    /// What is told of a submission, as an object that more can be added to.
    static func members(of submission: JSONLine) -> JSONObjectWriter {
        var writer = JSONObjectWriter()
        for name in [
            "submission", "state", "endpoint", "request_id", "tag", "created", "updated", "id", "why", "trouble",
        ] {
            writer.member(name, submission.string(name))
        }
        if let sent = submission.raw("sent") { writer.member("sent", json: sent) }
        return writer
    }

    /// A state in its colour.
    static func paint(_ state: String, _ style: Style) -> String {
        switch state {
        case "succeeded": style.good(state)
        case "failed", "refused", "lost", "uncertain": style.bad(state)
        default: state
        }
    }
}
