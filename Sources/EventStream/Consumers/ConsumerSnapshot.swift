/// What is kept of a consumer on disk.
struct ConsumerSnapshot: Equatable, Sendable {
    var name: String
    var settings: ConsumerSettings
    /// Every event up to this one was delivered, or did not pass the filter.
    var read: UInt64
    /// No event above this one was ever delivered.
    var reserved: UInt64
    /// How often an event was delivered again.
    var redeliveries: Int
    /// The events that were delivered and are neither done nor parked, by id.
    var pending: [PendingEvent]
    /// The events that were set aside.
    var parked: [ParkedEvent]
}

/// An event that was delivered and is neither done nor parked.
struct PendingEvent: Equatable, Sendable {
    let id: UInt64
    /// How often it was delivered; 0 for one that was parked and is to be tried again.
    let deliveries: Int
}
