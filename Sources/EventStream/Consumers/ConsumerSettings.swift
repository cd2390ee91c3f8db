/// How the events of a consumer are acknowledged.
enum AckMode: String, CaseIterable, Sendable {
    /// Not at all: what was handed to the connection is done.
    case none
    /// By the id of the last event that is finished; it and every event before it are done.
    case upto
    /// Each by its own id, in any order.
    case each
}

/// What a consumer was created with; it stays until the consumer is deleted or changed.
struct ConsumerSettings: Equatable, Sendable {
    /// The longest a member may take for an event, at most.
    static let ackWaitMax = Duration.seconds(24 * 3600)
    /// The most events that may be out at once.
    static let inFlightMax = 10_000
    /// The most deliveries of an event that can be asked for.
    static let deliveriesMax = 1_000

    /// How events are acknowledged.
    var ack = AckMode.each
    /// How long a member may be silent about an event before somebody else gets it.
    var ackWait = Duration.seconds(30)
    /// How many events may be out at once, over all members.
    var maxInFlight = 100
    /// How often an event is delivered before it is parked.
    var maxDeliveries = 10
    /// Whether several members share the events.
    var isGroup = false
    /// Whether retention waits for it.
    var holds = false
    /// Which events it gets.
    var filter = EventFilter()
}
