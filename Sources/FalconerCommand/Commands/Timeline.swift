import JSONText
import Posix

/// The story of a submission: its events with the time since its beginning, and who has acknowledged its end.
struct Timeline {
    let submission: JSONLine
    let events: [JSONLine]
    /// The named consumers, as the service tells them.
    let consumers: [JSONLine]

    /// Lines for people.
    func text(_ style: Style) -> [String] {
        let state = submission.string("state") ?? "?"
        var lines = [
            "\(submission.string("submission") ?? "?")  \(SubmissionText.paint(state, style))",
            "endpoint  \(submission.string("endpoint") ?? "not kept any more")",
        ]
        if let request = submission.string("request_id") { lines.append("request   \(request)") }
        if let tag = submission.string("tag") { lines.append("tag       \(tag)") }
        if let sent = submission.integer("sent") { lines.append("sent      \(sent == 1 ? "once" : "\(sent) times")") }
        lines.append("")
        for event in events {
            let type = event.string("type") ?? "?"
            let name = type.hasPrefix("fal.") ? String(type.dropFirst(4)) : type
            let parts = [
                Self.clock(event), Self.padded("+" + Self.seconds(after(event)), 11), style.faint("#\(id(event))"),
                name,
                EventText(style: style).detail(event, type),
            ]
            lines.append(parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        if isPruned { lines.append(style.faint("(the journal does not keep all of it any more)")) }
        for consumer in consumers {
            lines.append(
                "consumer \(consumer.string("name") ?? "?")  \(isAcknowledged(by: consumer) ? "done" : "not yet")"
            )
        }
        return lines
    }

    /// One line of JSON: the submission, its `timeline`, and its `consumers`.
    var json: [UInt8] {
        var writer = SubmissionText.members(of: submission)
        writer.member(
            "timeline",
            array: events.map { event in
                var entry = JSONObjectWriter()
                entry.member("id", event.string("id"))
                entry.member("time", event.string("time"))
                if let after = after(event) { entry.member("after_ms", Int(clamping: after / 1_000)) }
                entry.member("type", event.string("type"))
                let detail = EventText(style: Style(isTerminal: false)).detail(event, event.string("type") ?? "")
                if !detail.isEmpty { entry.member("detail", detail) }
                return entry.bytes
            }
        )
        writer.member(
            "consumers",
            array: consumers.map { consumer in
                var entry = JSONObjectWriter()
                entry.member("name", consumer.string("name"))
                entry.member("done", isAcknowledged(by: consumer))
                entry.member("cursor", consumer.string("cursor"))
                return entry.bytes
            }
        )
        return writer.line
    }

    /// Whether the first event is not the submission's beginning.
    private var isPruned: Bool { events.first?.string("type") != "fal.submission.created" }

    /// Whether a consumer has dealt with everything up to the last event about it.
    private func isAcknowledged(by consumer: JSONLine) -> Bool {
        guard let cursor = UInt64(consumer.string("cursor") ?? ""), let last = UInt64(submission.string("id") ?? "")
        else { return false }
        return cursor >= last
    }

    private func id(_ event: JSONLine) -> String { event.string("id") ?? "?" }

    /// The microseconds from the first event to this one.
    private func after(_ event: JSONLine) -> Int64? {
        guard let first = events.first.flatMap(Self.time), let time = Self.time(event) else { return nil }
        return time.microseconds - first.microseconds
    }

    private static func time(_ event: JSONLine) -> WallTime? {
        event.string("time").flatMap { WallTime(rfc3339: $0) }
    }

    private static func clock(_ event: JSONLine) -> String {
        String((event.string("time") ?? "?").prefix("2026-11-22T14:17:00.123".count))
    }

    private static func seconds(_ microseconds: Int64?) -> String {
        guard let microseconds else { return "?" }
        let milliseconds = microseconds / 1_000
        let fraction = "\(1_000 + milliseconds % 1_000)".dropFirst()
        return "\(milliseconds / 1_000).\(fraction) s"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
