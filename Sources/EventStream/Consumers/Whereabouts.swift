/// Where a consumer is with one event.
enum Whereabouts: Equatable, Sendable {
    /// It has not come to it yet.
    case unread
    /// A member has it; how often it was delivered.
    case delivered(Int)
    /// It is to be delivered again; how often it was.
    case waiting(Int)
    /// It was set aside.
    case parked(ParkedEvent)
    /// It is finished, or was passed over.
    case behind
}
