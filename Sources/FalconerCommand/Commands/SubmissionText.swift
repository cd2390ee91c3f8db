import JSONText

/// A submission as a line of output.
struct SubmissionText {
    let format: OutputFormat

    /// Prints the members in the order people look for them.
    ///
    /// - Parameters:
    ///   - submission: What the service says of it.
    ///   - atFal: What fal says of it, where it was asked.
    /// - Throws: ``OutputClosed``.
    func print(_ submission: JSONLine, atFal: JSONLine? = nil) throws {
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
            for line in Self.reasons(of: submission) { try StandardOutput.writeLine("  " + line) }
            if let atFal { try StandardOutput.writeLine("  at fal: " + Self.words(of: atFal)) }
            return
        }
        var writer = Self.members(of: submission)
        if let atFal { writer.member("at_fal", json: Self.answer(atFal).bytes) }
        try StandardOutput.write(writer.line)
    }

    /// Why it is where it is, and what is in the way at the moment, for people.
    static func reasons(of submission: JSONLine) -> [String] {
        [
            submission.string("why").map { "why: \($0)" }, submission.string("trouble").map { "trouble: \($0)" },
            polling(submission),
        ].compactMap { $0 }
    }

    /// How its outcome is asked for; nil when it is not.
    private static func polling(_ submission: JSONLine) -> String? {
        guard let polling = submission.object("polling"), let asked = polling.integer("asked"),
            let next = polling.integer("next_seconds")
        else { return nil }
        return "polling: asked \(asked == 1 ? "once" : "\(asked) times"), next in \(next) s"
    }

    private static func words(of answer: JSONLine) -> String {
        let parts = [
            answer.string("status"), answer.integer("queue_position").map { "position \($0)" },
            answer.string("error"),
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private static func answer(_ reply: JSONLine) -> JSONObjectWriter {
        var writer = JSONObjectWriter()
        for name in ["request_id", "status", "queue_position", "inference_time", "error", "error_type", "logs"] {
            if let value = reply.raw(name) { writer.member(name, json: value) }
        }
        return writer
    }

    /// What is told of a submission, as an object that more can be added to.
    static func members(of submission: JSONLine) -> JSONObjectWriter {
        var writer = JSONObjectWriter()
        for name in [
            "submission", "state", "endpoint", "request_id", "tag", "created", "updated", "id", "why", "trouble",
        ] {
            writer.member(name, submission.string(name))
        }
        for name in ["sent", "polling"] {
            if let value = submission.raw(name) { writer.member(name, json: value) }
        }
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
