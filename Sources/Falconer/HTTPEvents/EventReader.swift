import EventStream
import HTTPServer

/// One client that reads events over HTTP: what it is to be sent next, and when.
struct EventReader {
    typealias Instant = ContinuousClock.Instant

    /// How much of the journal is read for one client before the next has its turn.
    static let turnBytesMax = 64 << 10
    /// The most bytes that are offered to a stream at once; it takes all of them or none.
    static let sliceBytesMax = 32 << 10
    /// How long nothing is sent to one that follows before it has a heartbeat.
    static let heartbeatInterval: Duration = .seconds(15)
    /// How often one is told its position whose filter passes nothing.
    static let positionInterval: Duration = .seconds(1)

    /// What became of a turn.
    enum Outcome: Equatable {
        /// There is more to do at once.
        case busy
        /// It goes on when the client has taken some.
        case full
        /// It goes on with new events.
        case idle
        /// It is over.
        case over
        /// The journal could not be read: it is over, and the client has to see that not all came.
        case failed(EventLogError)
    }

    let stream: ResponseStream
    private var feed: EventFeed
    private let format: EventFormat
    private let follows: Bool
    private var waiting: [UInt8]
    private var sent = 0
    private var isEnding = false
    private var lastWrite: Instant
    private var toldPosition: UInt64?
    private var positionDue: Instant

    init(stream: ResponseStream, feed: EventFeed, format: EventFormat, follows: Bool, now: Instant) {
        self.stream = stream
        self.feed = feed
        self.format = format
        self.follows = follows
        waiting = format.opening
        lastWrite = now
        positionDue = now + Self.positionInterval
    }

    /// When it wants a turn although nothing has happened.
    var due: Instant { lastWrite + Self.heartbeatInterval }

    /// Sends what waits, then reads on, once.
    ///
    /// - Parameters:
    ///   - scratch: Room to read into.
    ///   - now: What the clock shows.
    /// - Returns: What is to be done about it next.
    mutating func turn(scratch: inout [UInt8], now: Instant) -> Outcome {
        if let outcome = flush(now: now) { return outcome }
        if isEnding { return .over }
        var lines: [UInt8] = []
        var outcome = Outcome.busy
        do throws(EventLogError) {
            switch try feed.next(into: &lines, scratch: &scratch, limit: Self.turnBytesMax) {
            case .read where lines.isEmpty: notePosition(now: now)
            case .read: add(format.events(lines))
            case .gap(let ids, let isDamaged): add(format.gap(ids, isDamaged: isDamaged))
            case .durableEnd:
                notePosition(now: now)
                if now >= due { add(format.heartbeat) }
                outcome = .idle
            case .ended: isEnding = true
            }
        } catch {
            add(format.failure())
            _ = flush(now: now)
            return .failed(error)
        }
        return flush(now: now) ?? (isEnding ? .over : outcome)
    }

    private mutating func notePosition(now: Instant) {
        guard let position = feed.position, position != toldPosition, now >= positionDue else { return }
        toldPosition = position
        positionDue = now + Self.positionInterval
        add(format.position(position))
    }

    private mutating func add(_ bytes: [UInt8]) {
        waiting.append(contentsOf: bytes)
    }

    /// Nil when everything is handed over.
    private mutating func flush(now: Instant) -> Outcome? {
        while sent < waiting.count {
            let end = min(sent + Self.sliceBytesMax, waiting.count)
            switch stream.write(waiting[sent..<end]) {
            case .written:
                sent = end
                lastWrite = now
            case .full: return .full
            case .closed: return .over
            }
        }
        // One that keeps up holds no memory.
        waiting = []
        sent = 0
        return nil
    }
}
