/// When a crowd of receivers is to look for new events again.
///
/// Each look of a thousand subscribers costs about a millisecond of a processor that deliveries are stored with, however
/// few the events are. So a look that took long is followed by a rest, in which events gather for the next; a few
/// subscribers are served at once.
struct NewsPace {
    typealias Instant = ContinuousClock.Instant

    /// A look that takes no longer is followed by no rest.
    static let costFree: Duration = .microseconds(200)
    /// How many times as long as the look the rest is: a crowd has a tenth of a processor.
    static let restFactor = 9
    /// No rest is longer: what receivers wait for an event at most.
    static let restMax: Duration = .milliseconds(50)

    /// When the rest ends; nil when there was none.
    private(set) var due: Instant?

    /// Takes in what a look took.
    mutating func took(from start: Instant, to end: Instant) {
        let cost = start.duration(to: end)
        due = cost > Self.costFree ? end + min(cost * Self.restFactor, Self.restMax) : nil
    }
}
