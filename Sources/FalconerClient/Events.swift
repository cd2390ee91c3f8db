/// Events in order and without a gap, over as many connections as it takes.
///
/// It ends where it was asked to end, and never otherwise: while the service is away it waits and connects again. It throws
/// ``FalconerClientError`` when the service refuses what was asked. Each iteration is a subscription of its own.
public struct Events: AsyncSequence, Sendable {
    /// What comes.
    public typealias Element = FalconerEvent

    let path: String
    let goal: Follower.Goal
    let onNotice: @Sendable (FalconerNotice) -> Void

    /// Begins a subscription.
    public func makeAsyncIterator() -> Iterator {
        Iterator(events: self)
    }

    /// One subscription; it ends with its iterator.
    public struct Iterator: AsyncIteratorProtocol {
        private let events: Events
        private var owner: SessionOwner?

        init(events: Events) {
            self.events = events
        }

        /// The next event; nil at the end, and when the task is cancelled.
        ///
        /// - Throws: ``FalconerClientError`` when the service refuses what was asked.
        public mutating func next() async throws -> FalconerEvent? {
            try await session().next()?.event
        }

        private mutating func session() throws(FalconerClientError) -> FollowSession {
            if let owner { return owner.session }
            let owner = SessionOwner(
                try FollowSession(path: events.path, onNotice: events.onNotice),
                events.goal
            )
            self.owner = owner
            return owner.session
        }
    }
}
