/// A state of the service under which its cost for a delivery is measured.
package struct ScaleCase: Hashable, Sendable {
    /// Events that are in the journal before it starts.
    package var journalEvents: Int
    /// Subscribers that are connected and want what never comes.
    package var idleSubscribers: Int
    /// Subscribers that are given every event.
    package var liveSubscribers: Int
    /// The event loops of the hook; nil for the service's own choice.
    package var threads: Int?

    /// Describes a case.
    package init(journalEvents: Int = 1_000, idleSubscribers: Int = 0, liveSubscribers: Int = 0, threads: Int? = nil) {
        self.journalEvents = journalEvents
        self.idleSubscribers = idleSubscribers
        self.liveSubscribers = liveSubscribers
        self.threads = threads
    }

    /// What all others are held against.
    package static let baseline = ScaleCase()

    /// The case in a few words.
    package var name: String {
        var words: [String] = []
        if self == .baseline { words.append("baseline") }
        if journalEvents != Self.baseline.journalEvents { words.append("\(journalEvents) events") }
        if idleSubscribers > 0 { words.append("\(idleSubscribers) idle subscribers") }
        if liveSubscribers > 0 { words.append("\(liveSubscribers) live subscribers") }
        if let threads { words.append("\(threads) threads") }
        return words.joined(separator: ", ")
    }
}
