/// When a crowd of receivers is to look for new events again.
///
/// Each look of a thousand subscribers costs half a millisecond of a processor that deliveries are stored with, however
/// few the events are. So a look that took long is followed by a rest, in which events gather for the next; a few
/// subscribers are served at once.
struct NewsPace {
    typealias Instant = ContinuousClock.Instant

    /// A turn that takes no longer is followed by no rest.
    static let costFree: Duration = .microseconds(200)
    /// How many times as long as its turns a rest is: a crowd has a twentieth of a processor.
    static let restFactor = 19
    /// No rest is longer: what receivers wait for an event at most.
    static let restMax: Duration = .milliseconds(50)

    /// When the rest ends; nil when there was none.
    private(set) var due: Instant?

    /// Takes in what a turn took of the processor; a look at many events takes several turns.
    mutating func took(_ cost: Duration, at end: Instant) {
        guard cost > Self.costFree else { return }
        due = min(max(due ?? end, end) + cost * Self.restFactor, end + Self.restMax)
    }
}
