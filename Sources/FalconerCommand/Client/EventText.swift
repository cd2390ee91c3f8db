/// An event as a line for people.
struct EventText {
    private let style: Style

    init(style: Style) {
        self.style = style
    }

    /// The line: time, id, what happened, to what, and the one thing about it that people look for.
    func line(_ event: JSONLine) -> String {
        let type = event.string("type") ?? "?"
        let time = String((event.string("time") ?? "").dropFirst("2026-11-22T".count).prefix("14:17:00".count))
        let subject = event.string("submission") ?? event.string("subject") ?? ""
        let parts = [
            style.faint(time), style.faint("#\(event.string("id") ?? "?")"), paint(type), subject,
            event.string("endpoint").map(style.faint) ?? "", detail(event, type),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// The URL of the video or of the first image, the error, or nothing.
    func detail(_ event: JSONLine, _ type: String) -> String {
        guard let data = event.data else { return "" }
        switch type {
        case "fal.request.succeeded":
            let payload = data.object("payload")
            return payload?.object("video")?.string("url") ?? payload?.objects("images").first?.string("url") ?? ""
        case "fal.request.failed":
            let detail = data.object("payload")?.objects("detail").first?.string("msg")
            return [data.string("error"), detail].compactMap { $0 }.joined(separator: ": ")
        case "fal.submission.refused", "fal.submission.uncertain", "fal.submission.waiting", "fal.submission.lost",
            "fal.submission.cancelling", "fal.submission.cancelled":
            return data.string("message") ?? ""
        case "fal.media.saved":
            return data.string("path") ?? ""
        case "fal.media.failed":
            return [data.string("url"), data.string("message")].compactMap { $0 }.joined(separator: ": ")
        default:
            return ""
        }
    }

    private func paint(_ type: String) -> String {
        switch type {
        case "fal.request.succeeded": style.good(type)
        case "fal.request.failed", "fal.submission.refused", "fal.submission.lost", "fal.media.failed": style.bad(type)
        default: type
        }
    }
}
