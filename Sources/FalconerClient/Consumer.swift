import JSONText

/// One connection's part in a named consumer: events that are to be acknowledged, again and again until they are.
///
/// Iterate over it once. It connects again by itself; an event that came by an earlier connection is delivered again, so
/// what is said about it then counts for nothing, and is answered by false. It ends with its last reference.
public final class Consumer: AsyncSequence, Sendable {
    /// An event and what is needed to acknowledge it.
    public struct Delivery: Sendable {
        /// The event.
        public let event: FalconerEvent
        /// Which delivery of it this is, from 1; nil unless each is acknowledged.
        public let number: Int?
        fileprivate let connection: Int
    }

    /// What comes.
    public typealias Element = Delivery

    private let owner: SessionOwner

    init(owner: SessionOwner) {
        self.owner = owner
    }

    /// The deliveries; one iterator at a time.
    public func makeAsyncIterator() -> Iterator {
        Iterator(consumer: self)
    }

    /// The deliveries in order.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let consumer: Consumer

        /// The next delivery; nil when the task is cancelled.
        ///
        /// - Throws: ``FalconerClientError`` when the service refuses what was asked.
        public mutating func next() async throws -> Delivery? {
            guard let item = try await consumer.owner.session.next() else { return nil }
            return Delivery(event: item.event, number: item.number, connection: item.connection)
        }
    }

    /// The event is done; with ``AcknowledgementMode/upto`` so is everything before it.
    ///
    /// - Returns: Whether it was said; false when the event will come again.
    @discardableResult
    public func acknowledge(_ delivery: Delivery) -> Bool {
        say("ack", delivery) { _ in }
    }

    /// The event is done; returns once that is on disk, after which the event never comes again.
    ///
    /// - Returns: False when the connection went, so that the event may come again.
    public func acknowledgeDurably(_ delivery: Delivery) async -> Bool {
        let id = delivery.event.id
        return await owner.session.acknowledge(on: delivery.connection) { reference in
            Self.line("ack", id) { writer in
                writer.member("sync", true)
                writer.member("ref", reference)
            }
        }
    }

    /// The event cannot be dealt with now: it comes again after so many seconds, 86400 at most.
    ///
    /// - Returns: Whether it was said.
    @discardableResult
    public func refuse(_ delivery: Delivery, delay seconds: Double = 0) -> Bool {
        say("nak", delivery) { $0.member("delay_s", json: "\(seconds)".utf8) }
    }

    /// More time is needed: the time for the acknowledgement begins anew.
    ///
    /// - Returns: Whether it was said.
    @discardableResult
    public func extend(_ delivery: Delivery) -> Bool {
        say("progress", delivery) { _ in }
    }

    /// The event can never be dealt with: it is parked, with a reason of at most 1024 bytes.
    ///
    /// - Returns: Whether it was said.
    @discardableResult
    public func terminate(_ delivery: Delivery, reason: String) -> Bool {
        say("term", delivery) { $0.member("reason", reason) }
    }

    private func say(_ op: String, _ delivery: Delivery, _ add: (inout JSONObjectWriter) -> Void) -> Bool {
        owner.session.send(Self.line(op, delivery.event.id, add), on: delivery.connection)
    }

    private static func line(_ op: String, _ id: UInt64, _ add: (inout JSONObjectWriter) -> Void) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("op", op)
        writer.member("id", String(id))
        add(&writer)
        return writer.line
    }
}
