import DequeModule
import Posix

/// A consumer at work: what it has read ahead, what waits for the disk, and who takes part.
///
/// The stream's thread alone touches it.
final class ActiveConsumer {
    typealias Instant = ContinuousClock.Instant

    /// A frame that may be sent once a version of the consumer is on disk.
    struct Held {
        let version: UInt64
        let member: UInt64
        let frame: [UInt8]
    }

    /// What a member asked for, if that has an end.
    struct Share {
        /// How many more events it wants.
        var remaining: Int?
        /// Up to which event it wants them.
        let end: UInt64?
    }

    let name: ConsumerName
    var consumer: Consumer
    var cursor: (any EventCursor)?
    /// Lines that were read and not handed out.
    var lines: [UInt8] = []
    var linesStart = 0
    /// The last id that the lines reach up to.
    var linesEnd: UInt64 = 0
    /// Connections that take part, and since when.
    var members: [UInt64: WallTime] = [:]
    /// What those members asked for that will have enough at some time.
    var shares: [UInt64: Share] = [:]
    /// Acknowledgements are on disk before they are answered, on these connections.
    var syncMembers: Set<UInt64> = []
    /// What waits for the disk, in the order in which it is to be sent.
    private(set) var held: Deque<Held> = []
    /// The bytes of ``held``; while they are many, nothing more is read.
    private(set) var heldBytes = 0
    /// The version that was handed to the store last.
    var submittedVersion: UInt64 = 0
    /// What the versions say that the store has and the disk perhaps not yet.
    var submittedCursors: [(version: UInt64, cursor: UInt64, reserved: UInt64, acks: Int)] = []
    /// The version that is on disk.
    var savedVersion: UInt64 = 0
    /// No event above this one is sent before a higher one is on disk.
    var savedReserved: UInt64
    var lastSubmit: Instant?
    /// What was finished, and when, that the disk perhaps does not have yet.
    private(set) var acks: Deque<AckTimes.Entry> = []
    /// How many of the first of them, of all there ever were, are not in ``acks`` any more.
    private var droppedAcks = 0
    /// Members that were told that there is nothing more for now.
    var toldCaughtUp: Set<UInt64> = []

    /// Begins.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - consumer: Where it is.
    ///   - savedVersion: The version that is on disk, 0 for one that is new.
    init(name: ConsumerName, consumer: Consumer, savedVersion: UInt64) {
        self.name = name
        self.consumer = consumer
        self.savedVersion = savedVersion
        submittedVersion = savedVersion
        // A consumer that was read from disk starts with what its file says; a new one has nothing on disk yet.
        savedReserved = savedVersion == 0 ? 0 : consumer.reserved
    }

    /// Whether something on disk is older than what is known.
    var isDirty: Bool { consumer.version > submittedVersion }

    /// How many events were finished in this life.
    var ackCount: Int { droppedAcks + acks.count }

    /// Takes note of when its consumer has finished what it says it has.
    func noteFinished(at time: @autoclosure () -> WallTime) {
        let ids = consumer.takeFinished()
        guard !ids.isEmpty else { return }
        let time = time()
        for id in ids { acks.append(AckTimes.Entry(id: id, time: time)) }
        // A disk that takes nothing keeps the times of the newest only, as the file does.
        dropAcks(acks.count - Int(AckTimes.placesMax))
    }

    /// Takes note that the first so many of all acknowledgements are in their file.
    func acksSaved(_ count: Int) { dropAcks(count - droppedAcks) }

    private func dropAcks(_ count: Int) {
        guard count > 0 else { return }
        acks.removeFirst(count)
        droppedAcks += count
    }

    /// Has a frame wait until that version is on disk, behind those that wait already.
    func hold(_ frame: [UInt8], for member: UInt64, until version: UInt64) {
        held.append(Held(version: version, member: member, frame: frame))
        heldBytes += frame.count
    }

    /// The next frame that need not wait any more.
    func nextHeld() -> Held? {
        guard let first = held.first, first.version <= savedVersion else { return nil }
        held.removeFirst()
        heldBytes -= first.frame.count
        return first
    }

    /// Drops what waits for a member that is gone.
    func dropHeld(for member: UInt64) {
        held.removeAll { $0.member == member }
        heldBytes = held.reduce(0) { $0 + $1.frame.count }
    }

    /// The last event that anybody here wants; only a consumer with one member has such an end.
    var end: UInt64? { shares.values.lazy.compactMap(\.end).min() }

    /// Whether a member has been sent as many events as it asked for.
    func isServed(_ member: UInt64) -> Bool { shares[member]?.remaining == 0 }

    /// Notes that a member was sent an event.
    func countDown(_ member: UInt64) {
        guard let remaining = shares[member]?.remaining, remaining > 0 else { return }
        shares[member]?.remaining = remaining - 1
    }

    /// The members that have finished everything that they asked for.
    var finished: [UInt64] {
        shares.compactMap { member, share in
            guard !held.contains(where: { $0.member == member }) else { return nil }
            let hasReached = share.end.map { consumer.cursor >= $0 } ?? false
            return hasReached || share.remaining == 0 && consumer.inFlight(with: Int(member)) == 0 ? member : nil
        }
    }

    /// Drops what was read ahead, so that reading goes on where the consumer is.
    func rewind() {
        cursor = nil
        lines = []
        linesStart = 0
    }
}
