/// Which events: all conditions have to hold, and look at attributes only.
public struct EventFilter: Equatable, Sendable {
    /// Types, `*` standing for any text, `fal.request.*`; empty for all.
    public var types: [String] = []
    /// The endpoint, `*` standing for any text.
    public var endpoint: String?
    /// The submission's id, `*` standing for any text.
    public var submission: String?
    /// Only `fal.request.succeeded` (true), or only `fal.request.failed` (false).
    public var hasSucceeded: Bool?
    /// What the submitter called it, exactly.
    public var tag: String?

    /// Every event.
    public init() {}
}

/// Where events begin.
public enum EventStart: Equatable, Sendable {
    /// With the first that is kept.
    case first
    /// With the next.
    case new
    /// Behind the event of that id.
    case after(UInt64)
    /// With the first of that time or later, RFC 3339, `2026-11-22T14:17:00Z`.
    case time(String)
}

/// Where events end.
public enum EventEnd: Equatable, Sendable {
    /// Nowhere.
    case never
    /// With the last there is when the sequence begins.
    case now
    /// With the event of that id.
    case id(UInt64)
}

/// How the events of a named consumer are acknowledged.
public enum AcknowledgementMode: String, Equatable, Sendable {
    /// Each by itself, in any order.
    case each
    /// An acknowledgement counts for the event and all before it.
    case upto
    /// Not at all.
    case none
}

/// What a named consumer is made with; nil leaves it as it is, or as the service has it by default.
public struct ConsumerOptions: Equatable, Sendable {
    /// Where a new consumer begins; one that exists goes on where it is.
    public var start: EventStart?
    /// How events are acknowledged.
    public var acknowledgement: AcknowledgementMode?
    /// The seconds an event may take before it comes again.
    public var acknowledgementWait: Double?
    /// How many events may be out at once.
    public var inFlightMax: Int?
    /// After how many deliveries an event is parked.
    public var deliveriesMax: Int?
    /// Whether several connections share the events.
    public var isGroup: Bool?
    /// Whether the service keeps all events that are not finished.
    public var holds: Bool?
    /// Which events.
    public var filter = EventFilter()

    /// As the service has it by default.
    public init() {}
}

/// Something worth telling a person, while the client goes on by itself.
public enum FalconerNotice: Equatable, Sendable {
    /// The connection is gone, and why; the client connects again.
    case reconnecting(String)
    /// These events are not there to be sent, and why.
    case gap(ClosedRange<UInt64>, String)
    /// An event was parked, and why.
    case parked(UInt64, String)
}
