import HeapModule
import Posix

/// A named consumer, as a value: what members say goes in, what is to be delivered comes out.
///
/// An event is in one of four states. It has not been read (its id is above ``read``); it is *pending*: delivered or to
/// be delivered again; it is *parked*; or it is done. Only pending and parked events are remembered one by one, so a
/// consumer that keeps up costs next to nothing. Nothing here reads events, writes files or looks at a clock.
struct Consumer: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias MemberID = Int

    /// An event that a member is to be sent.
    struct Delivery: Equatable, Sendable {
        let id: UInt64
        let member: MemberID
        /// The number of this delivery, from 1.
        let number: Int
    }

    /// What became of an acknowledgement.
    enum AckOutcome: Equatable, Sendable {
        /// It counts, or had counted before.
        case taken
        /// The event was never delivered, so nobody can have finished it.
        case notDelivered
    }

    /// How many ids are reserved at once; see ``reserved``.
    static let reservedStep: UInt64 = 1_024
    /// The most events that may be parked; a consumer that has so many gets no new ones.
    static let parkedMax = 10_000

    /// Where an event is that is neither done nor parked.
    private enum Place: Equatable, Sendable {
        /// Among ``ready``: to be delivered as soon as a member has room.
        case ready
        /// With a member, until the appointment of that number.
        case out(MemberID, appointment: Int)
        /// Nowhere, until the appointment of that number.
        case delayed(appointment: Int)
    }

    private struct Pending: Equatable, Sendable {
        var deliveries: Int
        var place: Place
    }

    /// A time at which an event's place changes, unless it has changed before.
    private struct Appointment: Comparable, Sendable {
        let time: Instant
        let number: Int
        let id: UInt64

        static func < (left: Appointment, right: Appointment) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    private struct Member: Equatable, Sendable {
        var inFlight = 0
        /// Whether its connection takes more.
        var isReady = true
    }

    let name: String
    let settings: ConsumerSettings
    /// Every event up to this one was delivered, or did not pass the filter.
    private(set) var read: UInt64
    /// No event above this one was ever delivered, whatever became of the process since it was saved.
    ///
    /// It is saved before an event above it is sent. After a crash, what lies between the saved ``read`` and this may
    /// have been delivered once more than anybody knows.
    private(set) var reserved: UInt64
    /// How often an event was delivered again.
    private(set) var redeliveries = 0
    private(set) var parked: [ParkedEvent] = []
    /// How many events are with a member.
    private(set) var inFlight = 0
    private var pending: [UInt64: Pending] = [:]
    /// Ids of pending events that wait for room; some may have gone elsewhere since.
    private var ready = Heap<UInt64>()
    /// What happens when; an event that is elsewhere by then does not keep its appointment.
    private var appointments = Heap<Appointment>()
    private var lastAppointment = 0
    private var members: [MemberID: Member] = [:]
    /// Rises with every change that is worth saving.
    private(set) var version: UInt64 = 1
    /// Events that were acknowledged since ``takeFinished()`` was called last.
    private var finished: [UInt64] = []
    /// Events up to here may have been delivered in the life before, without a trace.
    private let suspect: UInt64

    /// A consumer whose next event is the one after `read`.
    init(name: String, settings: ConsumerSettings, after read: UInt64) {
        self.name = name
        self.settings = settings
        self.read = read
        reserved = read
        suspect = read
    }

    /// A consumer as it was saved; whatever was out is delivered again.
    init(_ saved: ConsumerSnapshot) {
        name = saved.name
        settings = saved.settings
        read = saved.read
        reserved = max(saved.reserved, saved.read)
        suspect = reserved
        redeliveries = saved.redeliveries
        parked = saved.parked
        for event in saved.pending {
            pending[event.id] = Pending(deliveries: event.deliveries, place: .ready)
            ready.insert(event.id)
        }
    }

    // MARK: - Looking

    /// Every event up to this one is done or parked.
    var cursor: UInt64 { (pending.keys.min().map { $0 - 1 }) ?? read }

    /// How many events wait to be delivered again.
    var waiting: Int { pending.count - inFlight }

    /// How many members are connected.
    var memberCount: Int { members.count }

    /// How many events are with a member.
    func inFlight(with member: MemberID) -> Int { members[member]?.inFlight ?? 0 }

    /// Where it is with an event.
    func whereabouts(of id: UInt64) -> Whereabouts {
        if let event = pending[id] {
            if case .out = event.place { return .delivered(event.deliveries) }
            return .waiting(event.deliveries)
        }
        return parked.first { $0.id == id }.map { .parked($0) } ?? (id > read ? .unread : .behind)
    }

    /// What is saved.
    var snapshot: ConsumerSnapshot {
        ConsumerSnapshot(
            name: name,
            settings: settings,
            read: read,
            reserved: reserved,
            redeliveries: redeliveries,
            pending: pending.map { PendingEvent(id: $0.key, deliveries: $0.value.deliveries) }.sorted { $0.id < $1.id },
            parked: parked
        )
    }

    /// What is saved when everything has come to rest: nothing that happened in this life is suspect afterwards.
    var cleanSnapshot: ConsumerSnapshot {
        var snapshot = snapshot
        // What may have been delivered before a crash, and was not read again since, still may have been.
        snapshot.reserved = max(read, suspect)
        return snapshot
    }

    // MARK: - Members

    /// Lets a connection take part; false when the consumer has one already and is not shared.
    mutating func join(_ member: MemberID) -> Bool {
        guard members.isEmpty || settings.isGroup else { return false }
        members[member] = Member()
        return true
    }

    /// Takes back what a connection has.
    mutating func leave(_ member: MemberID) {
        guard let left = members.removeValue(forKey: member) else { return }
        guard left.inFlight > 0 else { return }
        for (id, event) in pending {
            if case .out(member, _) = event.place { makeReady(id) }
        }
    }

    /// Notes whether a connection takes more.
    mutating func setReady(_ isReady: Bool, _ member: MemberID) {
        members[member]?.isReady = isReady
    }

    // MARK: - Delivering

    /// Whether the next event of the journal can be taken now.
    var takesNew: Bool {
        freeMember != nil && parked.count < Self.parkedMax && (settings.ack == .each || waiting == 0)
    }

    /// The member with the least to do, if there is room.
    private var freeMember: MemberID? {
        guard inFlight < settings.maxInFlight else { return nil }
        return members.filter(\.value.isReady).min { ($0.value.inFlight, $0.key) < ($1.value.inFlight, $1.key) }?.key
    }

    /// Passes over events that do not pass the filter, or are not there any more.
    mutating func skip(upTo id: UInt64) {
        guard id > read else { return }
        read = id
        version += 1
    }

    /// Takes the next event of the journal that passes the filter; to be called only when ``takesNew``.
    ///
    /// - Parameters:
    ///   - id: The event, above ``read``.
    ///   - now: From when its time counts.
    ///   - time: The time of day, for the list of parked events.
    /// - Returns: To whom it goes; nil when its last delivery may have been used up before a crash: it is parked.
    mutating func take(_ id: UInt64, now: Instant, time: WallTime) -> Delivery? {
        precondition(id > read, "event \(id) was read before")
        read = id
        version += 1
        if id > reserved { reserved = id + Self.reservedStep }
        pending[id] = Pending(deliveries: id <= suspect && settings.ack != .none ? 1 : 0, place: .ready)
        return deliver(id, now: now, time: time)
    }

    /// The next event that has to be delivered again, the oldest first.
    ///
    /// - Parameters:
    ///   - now: From when its time counts.
    ///   - time: The time of day, for the list of parked events.
    /// - Returns: To whom it goes; nil when there is nothing, or no room.
    mutating func redelivery(now: Instant, time: WallTime) -> Delivery? {
        while let id = ready.min, freeMember != nil {
            if pending[id]?.place != .ready {
                _ = ready.popMin()
            } else if let delivery = deliver(id, now: now, time: time) {
                return delivery
            }
        }
        return nil
    }

    /// Whether it has to be on disk that a delivery was made, before it is: otherwise a crash would have it made again
    /// under the same number.
    func isCountedFirst(_ delivery: Delivery, savedReserved: UInt64) -> Bool {
        settings.ack != .none && (delivery.number > 1 || delivery.id > savedReserved)
    }

    private mutating func deliver(_ id: UInt64, now: Instant, time: WallTime) -> Delivery? {
        guard let event = pending[id], let member = freeMember else { return nil }
        // What nobody acknowledges cannot be given up either: it only has to leave the service.
        guard settings.ack == .none || event.deliveries < settings.maxDeliveries else {
            park(id, reason: "not acknowledged in \(event.deliveries) deliveries", time: time)
            return nil
        }
        let number = event.deliveries + 1
        pending[id] = Pending(
            deliveries: number,
            place: .out(member, appointment: settings.ack == .none ? 0 : appoint(id, at: now + settings.ackWait))
        )
        members[member]?.inFlight += 1
        inFlight += 1
        if number > 1 { redeliveries += 1 }
        version += 1
        return Delivery(id: id, member: member, number: number)
    }

    private mutating func appoint(_ id: UInt64, at time: Instant) -> Int {
        lastAppointment += 1
        appointments.insert(Appointment(time: time, number: lastAppointment, id: id))
        return lastAppointment
    }

    /// Takes an event from whoever has it.
    private mutating func takeBack(_ event: Pending?) {
        guard let event, case .out(let member, _) = event.place else { return }
        members[member]?.inFlight -= 1
        inFlight -= 1
    }

    private mutating func makeReady(_ id: UInt64) {
        takeBack(pending[id])
        pending[id]?.place = .ready
        ready.insert(id)
        version += 1
    }

    private mutating func park(_ id: UInt64, reason: String, time: WallTime) {
        let deliveries = pending[id]?.deliveries ?? 0
        remove(id)
        parked.append(ParkedEvent(id: id, deliveries: deliveries, reason: reason, time: time))
    }

    private mutating func remove(_ id: UInt64) {
        guard let event = pending.removeValue(forKey: id) else { return }
        takeBack(event)
        version += 1
    }

    /// When ``advance(now:)`` will have something to do.
    var due: Instant? { appointments.min?.time }

    /// Takes back what was out for too long, and makes ready what has waited long enough.
    ///
    /// - Returns: The members whose connection has to be ended: with `upto`, an event that came again on the same
    ///   connection would come out of order.
    mutating func advance(now: Instant) -> Set<MemberID> {
        var late: Set<MemberID> = []
        while let next = appointments.min, next.time <= now {
            _ = appointments.popMin()
            switch pending[next.id]?.place {
            case .out(let member, next.number) where settings.ack == .upto: late.insert(member)
            case .out(_, next.number), .delayed(next.number): makeReady(next.id)
            default: break
            }
        }
        return late
    }
}

extension Consumer {
    // MARK: - What members say

    /// The event is finished, also one that was parked by then; with `upto` so is everything before it that is not parked.
    mutating func acknowledge(_ id: UInt64) -> AckOutcome {
        guard id <= read else { return .notDelivered }
        if drop(id) { finished.append(id) }
        switch settings.ack {
        case .none: break
        case .each: finish([id])
        case .upto: finish(pending.keys.filter { $0 <= id }.sorted())
        }
        return .taken
    }

    private mutating func finish(_ ids: [UInt64]) {
        for id in ids where pending[id] != nil {
            remove(id)
            finished.append(id)
        }
    }

    /// The events that were finished since the last call.
    mutating func takeFinished() -> [UInt64] {
        guard !finished.isEmpty else { return [] }
        defer { finished.removeAll(keepingCapacity: true) }
        return finished
    }

    /// With `none`, where there is one member at most: everything that it was sent has left the service.
    mutating func handedOver() {
        guard settings.ack == .none, inFlight > 0 else { return }
        let out = pending.filter { if case .out = $0.value.place { true } else { false } }
        finish(out.keys.sorted())
    }

    /// The event could not be finished now: it is delivered again after a while, or parked after the last delivery.
    ///
    /// - Parameters:
    ///   - id: The event.
    ///   - delay: How long it is to wait.
    ///   - reason: Why, in the member's words, for the list of parked events.
    ///   - now: From when the delay counts.
    ///   - time: The time of day, for that list.
    /// - Returns: Whether it had been delivered.
    mutating func refuse(
        _ id: UInt64,
        delay: Duration,
        reason: String? = nil,
        now: Instant,
        time: WallTime
    ) -> AckOutcome {
        guard id <= read else { return .notDelivered }
        guard let event = pending[id] else { return .taken }
        if event.deliveries >= settings.maxDeliveries {
            let why = reason.map { ": \($0)" } ?? ""
            park(id, reason: "refused in \(event.deliveries) deliveries\(why)", time: time)
            return .taken
        }
        takeBack(event)
        let appointment = appoint(id, at: now + delay)
        pending[id]?.place = .delayed(appointment: appointment)
        version += 1
        return .taken
    }

    /// The member is still at it; with `upto` it is at everything it has.
    mutating func extend(_ id: UInt64, now: Instant) -> AckOutcome {
        guard id <= read else { return .notDelivered }
        for other in settings.ack == .upto ? Array(pending.keys) : [id] {
            guard case .out(let member, _)? = pending[other]?.place else { continue }
            let appointment = appoint(other, at: now + settings.ackWait)
            pending[other]?.place = .out(member, appointment: appointment)
        }
        return .taken
    }

    /// The event can never be finished: it is parked.
    mutating func terminate(_ id: UInt64, reason: String, time: WallTime) -> AckOutcome {
        guard id <= read else { return .notDelivered }
        if pending[id] != nil { park(id, reason: reason, time: time) }
        return .taken
    }

    // MARK: - Parked events

    /// Has a parked event delivered again, as if for the first time.
    ///
    /// - Returns: Whether it was parked.
    mutating func retry(_ id: UInt64) -> Bool {
        guard drop(id) else { return false }
        pending[id] = Pending(deliveries: 0, place: .ready)
        ready.insert(id)
        return true
    }

    /// Gives a parked event up.
    ///
    /// - Returns: Whether it was parked.
    mutating func drop(_ id: UInt64) -> Bool {
        guard let index = parked.firstIndex(where: { $0.id == id }) else { return false }
        parked.remove(at: index)
        version += 1
        return true
    }
}
