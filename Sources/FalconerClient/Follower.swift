import JSONText

/// What a client that follows says and makes of what it hears, as a value: lines in, actions out.
struct Follower {
    /// What is followed.
    enum Goal: Equatable, Sendable {
        case events(EventStart, EventEnd, EventFilter)
        case consumer(String, ConsumerOptions)
    }

    /// What to do after a line.
    enum Action: Equatable {
        case nothing
        /// Hand the event on; the number of its delivery where each is acknowledged.
        case deliver(FalconerEvent, number: Int?)
        case notice(FalconerNotice)
        /// The acknowledgement of that number is on disk.
        case acknowledged(Int)
        /// Nothing more will come.
        case end
        /// Close the connection; go on with another if the error is passing.
        case fail(FalconerClientError)
    }

    private let goal: Goal
    private var source: String?
    private var after: UInt64?
    private var end: UInt64?
    /// Whether something came that shows that the connection is of use.
    private(set) var hasProgressed = false

    init(_ goal: Goal) {
        self.goal = goal
    }

    /// What to send on a new connection; nil when its first line is none of a service.
    mutating func greeted(_ line: [UInt8]) -> Result<[UInt8], FalconerClientError> {
        hasProgressed = false
        guard let frame = ClientFrame(line) else { return .failure(Self.malformed) }
        if frame.kind == "error" { return .failure(Self.failure(frame)) }
        guard frame.kind == "hello", let source = frame.text("source"), let last = frame.id("last") else {
            return .failure(Self.malformed)
        }
        var writer = JSONObjectWriter()
        writer.member("op", "subscribe")
        switch goal {
        case .events(let start, let end, let filter):
            self.source = self.source ?? source
            writer.member("source", self.source)
            // What "new" and "now" mean is decided once, not anew by every connection.
            if after == nil, start == .new { after = last }
            if self.end == nil {
                switch end {
                case .never: break
                case .now: self.end = last
                case .id(let id): self.end = id
                }
            }
            Self.add(after.map(EventStart.after) ?? start, to: &writer)
            writer.member("until", self.end.map(String.init))
            Self.add(filter, to: &writer)
        case .consumer(let name, let options):
            writer.member("consumer", name)
            if let start = options.start { Self.add(start, to: &writer) }
            writer.member("ack", options.acknowledgement?.rawValue)
            if let wait = options.acknowledgementWait { writer.member("ack_wait_s", json: "\(wait)".utf8) }
            writer.member("max_in_flight", options.inFlightMax)
            writer.member("max_deliveries", options.deliveriesMax)
            if let isGroup = options.isGroup { writer.member("group", isGroup) }
            if let holds = options.holds { writer.member("hold", holds) }
            Self.add(options.filter, to: &writer)
        }
        return .success(writer.line)
    }

    /// Understands a line behind the first.
    mutating func received(_ line: [UInt8]) -> Action {
        guard let frame = ClientFrame(line) else { return .fail(Self.malformed) }
        guard let kind = frame.kind else {
            guard let event = FalconerEvent(line: line) else { return .fail(Self.malformed) }
            hasProgressed = true
            after = event.id
            return .deliver(event, number: nil)
        }
        switch kind {
        case "delivery":
            guard let range = frame.range("event"), let event = FalconerEvent(line: Array(line[range])) else {
                return .fail(Self.malformed)
            }
            hasProgressed = true
            return .deliver(event, number: frame.number("delivery") ?? 1)
        case "caught_up", "position":
            hasProgressed = true
            after = frame.id("id") ?? after
            return .nothing
        case "gap":
            guard let from = frame.id("from"), let to = frame.id("to"), from <= to else { return .fail(Self.malformed) }
            after = to
            return .notice(.gap(from...to, frame.text("message") ?? ""))
        case "dead":
            guard let id = frame.id("id") else { return .fail(Self.malformed) }
            return .notice(.parked(id, frame.text("message") ?? ""))
        case "acked": return frame.number("ref").map(Action.acknowledged) ?? .nothing
        case "error": return .fail(Self.failure(frame))
        case "bye":
            if frame.text("code") == "complete" { return .end }
            return .fail(
                FalconerClientError(code: .unreachable, message: frame.text("message") ?? "the service closed")
            )
        default: return .nothing
        }
    }

    static let malformed = FalconerClientError(
        code: .malformed,
        message: "the service sent a line that is not of this protocol: compare the versions of both"
    )

    static func failure(_ frame: ClientFrame) -> FalconerClientError {
        FalconerClientError(
            code: FalconerClientError.Code(rawValue: frame.text("code") ?? ""),
            message: frame.text("message") ?? ""
        )
    }

    private static func add(_ start: EventStart, to writer: inout JSONObjectWriter) {
        switch start {
        case .first: writer.member("from", "first")
        case .new: writer.member("from", "new")
        case .time(let time): writer.member("from", time)
        case .after(let id): writer.member("after", String(id))
        }
    }

    private static func add(_ filter: EventFilter, to writer: inout JSONObjectWriter) {
        if !filter.types.isEmpty {
            writer.member(
                "types",
                array: filter.types.map { type in
                    var text: [UInt8] = []
                    JSONText.appendString(type, to: &text)
                    return text
                }
            )
        }
        writer.member("endpoint", filter.endpoint)
        writer.member("submission", filter.submission)
        writer.member("status", filter.hasSucceeded.map { $0 ? "OK" : "ERROR" })
        writer.member("tag", filter.tag)
    }
}
