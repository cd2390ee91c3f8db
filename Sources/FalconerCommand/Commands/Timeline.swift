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
        lines += SubmissionText.reasons(of: submission)
        lines.append("")
        for event in events {
            let type = event.string("type") ?? "?"
            let name = type.hasPrefix("fal.") ? String(type.dropFirst(4)) : type
            let parts = [
                Self.clock(event.string("time")), Self.padded("+" + Self.seconds(after(event)), 11),
                style.faint("#\(id(event))"),
                name,
                EventText(style: style).detail(event, type),
            ]
            lines.append(parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        if isPruned { lines.append(style.faint("(the journal does not keep all of it any more)")) }
        lines += acknowledgements.map { text($0, style) }
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
            array: acknowledgements.map { one in
                var entry = JSONObjectWriter()
                entry.member("name", one.name)
                entry.member("state", one.state)
                entry.member("done", one.state == "done" || one.state == "passed")
                entry.member("time", one.time?.rfc3339)
                if let after = after(one.time) { entry.member("after_ms", Int(clamping: after / 1_000)) }
                entry.member("deliveries", one.deliveries)
                entry.member("reason", one.reason)
                entry.member("cursor", one.cursor)
                return entry.bytes
            }
        )
        return writer.line
    }

    /// Whether the first event is not the submission's beginning.
    private var isPruned: Bool { events.first?.string("type") != "fal.submission.created" }

    /// Where a consumer is with the last event about it.
    private struct Acknowledgement {
        let name: String
        let cursor: String?
        /// As the service tells it: `unread`, `delivered`, `waiting`, `parked`, `done`, `passed` or `filtered`.
        let state: String
        let time: WallTime?
        let deliveries: Int?
        let reason: String?

        init(_ consumer: JSONLine) {
            let event = consumer.object("event")
            name = consumer.string("name") ?? "?"
            cursor = consumer.string("cursor")
            state = event?.string("state") ?? "unread"
            time = event?.string("time").flatMap { WallTime(rfc3339: $0) }
            deliveries = event?.integer("deliveries")
            reason = event?.string("reason")
        }
    }

    /// What the consumers have done, in the order in which they did it; those that have not are last.
    private var acknowledgements: [Acknowledgement] {
        let all = consumers.map { Acknowledgement($0) }
        let timed = all.filter { $0.time != nil }.sorted {
            ($0.time?.microseconds ?? 0) < ($1.time?.microseconds ?? 0)
        }
        return timed + all.filter { $0.time == nil }
    }

    private func text(_ one: Acknowledgement, _ style: Style) -> String {
        let name = "consumer \(one.name)"
        let deliveries = one.deliveries.map { $0 == 1 ? "delivered once" : "delivered \($0) times" } ?? ""
        let said =
            switch one.state {
            case "done": style.good("done")
            case "passed": "behind it"
            case "filtered": style.faint("not for it")
            case "delivered": "\(deliveries), not acknowledged yet"
            case "waiting": "\(deliveries), to be delivered again"
            case "parked":
                style.bad("parked") + ": \(one.reason ?? "?"); falconer consumers parked retry \(one.name) --id "
                    + (submission.string("id") ?? "?")
            default: "not yet"
            }
        guard let time = one.time else { return "\(name)  \(said)" }
        return [
            Self.clock(time.rfc3339), Self.padded("+" + Self.seconds(after(time)), 11), name, said,
        ].joined(separator: "  ")
    }

    private func id(_ event: JSONLine) -> String { event.string("id") ?? "?" }

    /// The microseconds from the first event to this one.
    private func after(_ event: JSONLine) -> Int64? {
        after(Self.time(event))
    }

    private func after(_ time: WallTime?) -> Int64? {
        guard let first = events.first.flatMap(Self.time), let time else { return nil }
        return time.microseconds - first.microseconds
    }

    private static func time(_ event: JSONLine) -> WallTime? {
        event.string("time").flatMap { WallTime(rfc3339: $0) }
    }

    private static func clock(_ time: String?) -> String {
        String((time ?? "?").prefix("2026-11-22T14:17:00.123".count))
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
