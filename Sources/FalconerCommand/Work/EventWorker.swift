/// An event that is to be worked on.
struct DeliveredEvent: Sendable {
    let id: UInt64
    /// How often it was delivered, this time included.
    let number: Int
    /// The event; its bytes are the journal's line without the line feed.
    let event: JSONLine
}

/// What became of the work on an event.
enum WorkOutcome: Equatable, Sendable {
    /// It is finished.
    case done
    /// It could not be done now, and why; it comes again after that time, or by default after a longer while.
    case later(after: Duration?, String)
    /// It failed, and why; it comes again after a while.
    case failed(String)
    /// It can never be done, and why; it is parked at once.
    case refused(String)
    /// The work was cut short because the command is to end.
    case interrupted
    /// No event can be worked on, and why; the command ends.
    case impossible(String)
}

/// What is done with each event.
protocol EventWorker: Sendable {
    /// Works on an event; called on several threads at once, which it blocks.
    func work(on delivery: DeliveredEvent) -> WorkOutcome

    /// Cuts short what is under way, and from now on refuses to begin; from any thread.
    func cancel()
}
