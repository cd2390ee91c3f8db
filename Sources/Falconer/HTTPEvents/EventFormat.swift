import EventStream
import JSONText

/// How events are written into the body of an answer.
enum EventFormat: Sendable {
    /// Each event is the journal's own line; an empty line is a sign of life (https://github.com/ndjson/ndjson-spec).
    case lines
    /// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    case serverSentEvents

    /// Chooses by what the client accepts.
    init(accept: String?) {
        let types = (accept ?? "").split(separator: ",").map { $0.split(separator: ";").first ?? "" }
        let isWanted = types.contains { $0.filter { $0 != " " }.lowercased() == "text/event-stream" }
        self = isWanted ? .serverSentEvents : .lines
    }

    var contentType: String {
        switch self {
        case .lines: "application/x-ndjson"
        case .serverSentEvents: "text/event-stream"
        }
    }

    /// What an answer begins with: for a browser, after how many milliseconds to connect again.
    var opening: [UInt8] {
        switch self {
        case .lines: []
        case .serverSentEvents: Array("retry: 1000\n\n".utf8)
        }
    }

    /// What says that nothing has happened.
    var heartbeat: [UInt8] {
        switch self {
        case .lines: [UInt8(ascii: "\n")]
        case .serverSentEvents: Array(": heartbeat\n\n".utf8)
        }
    }

    /// Journal lines, each with its line feed.
    func events(_ lines: [UInt8]) -> [UInt8] {
        guard case .serverSentEvents = self else { return lines }
        var text: [UInt8] = []
        text.reserveCapacity(lines.count + lines.count / 8)
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            guard let event = EventAttributes(line: Array(line)) else { continue }
            append(line, id: event.id, name: event.type, to: &text)
        }
        return text
    }

    /// That events are not there to be sent.
    func gap(_ ids: ClosedRange<UInt64>, isDamaged: Bool) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("frame", "gap")
        writer.member("from", String(ids.lowerBound))
        writer.member("to", String(ids.upperBound))
        writer.member("code", isDamaged ? "damaged" : "pruned")
        writer.member(
            "message",
            isDamaged
                ? "these events were damaged on the disk; what follows begins behind them"
                : "these events are no longer kept; what follows begins behind them"
        )
        switch self {
        case .lines: return writer.line
        case .serverSentEvents:
            var text: [UInt8] = []
            append(writer.bytes[...], id: ids.upperBound, name: "gap", to: &text)
            return text
        }
    }

    /// That the answer ends here although there is more.
    func failure() -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("frame", "error")
        writer.member("code", "journal_unreadable")
        writer.member(
            "message",
            "the journal could not be read: see the service's log, then go on after your last event"
        )
        switch self {
        case .lines: return writer.line
        case .serverSentEvents: return Array("event: error\ndata: ".utf8) + writer.line + [UInt8(ascii: "\n")]
        }
    }

    /// That the filter has looked at everything up to an event; a browser keeps the id for when it connects again.
    func position(_ id: UInt64) -> [UInt8] {
        switch self {
        case .lines: []
        case .serverSentEvents: Array("id: \(id)\n\n".utf8)
        }
    }

    private func append(_ line: ArraySlice<UInt8>, id: UInt64, name: String, to text: inout [UInt8]) {
        text.append(contentsOf: "id: \(id)\nevent: \(name)\n".utf8)
        // A carriage return between the tokens of a body ends a line here, as a line feed does.
        for part in line.split(separator: UInt8(ascii: "\r"), omittingEmptySubsequences: false) {
            text.append(contentsOf: "data: ".utf8)
            text.append(contentsOf: part)
            text.append(UInt8(ascii: "\n"))
        }
        text.append(UInt8(ascii: "\n"))
    }
}
