import Posix

/// An event that a consumer was not able to finish, set aside so that it blocks no other.
struct ParkedEvent: Equatable, Sendable {
    /// The event.
    let id: UInt64
    /// How often it was delivered.
    let deliveries: Int
    /// Why it is here, for people: the member's own words, or that it was never acknowledged.
    let reason: String
    /// When it was parked.
    let time: WallTime
}
