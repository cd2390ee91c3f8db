import Posix

/// How far a subscriber is, as a value: journal lines go in, what to send comes out.
struct Subscription {
    typealias Instant = ContinuousClock.Instant

    /// What comes after the last event that was asked for.
    enum Ending: Equatable {
        /// There is no last one.
        case never
        /// `caught_up`: everything that was durable at the beginning is sent.
        case caughtUp(UInt64)
        /// `bye`: the event of that id is sent.
        case bye(UInt64)

        fileprivate var id: UInt64? {
            switch self {
            case .never: nil
            case .caughtUp(let id), .bye(let id): id
            }
        }
    }

    private let filter: EventFilter?
    private let ending: Ending
    private var remaining: Int?
    private let skippedBytesMax: Int
    private let positionInterval: Duration

    /// The id of the last event that was sent or skipped.
    private(set) var position: UInt64
    private var hasCaughtUp = false
    private var skippedBytes = 0
    private var positionTold: Instant

    init(plan: SubscriptionPlan, position: UInt64, limits: EventStreamLimits, now: Instant) {
        filter = plan.filter.isEmpty ? nil : plan.filter
        ending = plan.ending
        remaining = plan.count
        skippedBytesMax = limits.skippedBytesMax
        positionInterval = limits.positionInterval
        self.position = position
        positionTold = now
    }

    /// Whether nothing more is to be sent but ``endingFrame``.
    var isFinished: Bool { remaining == 0 || ending.id.map { position >= $0 } ?? false }

    /// Whether the durable end was reached once; only then is silence news.
    var isLive: Bool { hasCaughtUp }

    /// When ``positionFrame(now:)`` will have one, unless something else happens before.
    var positionDue: Instant? { skippedBytes > 0 ? positionTold + positionInterval : nil }

    /// The last frame.
    var endingFrame: [UInt8] {
        if case .caughtUp(let id) = ending, remaining != 0 { return Frames.caughtUp(id: max(position, id)) }
        return Frames.bye(code: "complete", id: position, message: "everything that was asked for is sent")
    }

    /// Whether everything in lines that reach up to that event is to be sent as it is.
    func takesWhole(upTo lastID: UInt64) -> Bool {
        filter == nil && remaining == nil && ending.id.map { lastID <= $0 } ?? true
    }

    /// Notes that the lines up to that event are sent as they are.
    mutating func tookWhole(upTo lastID: UInt64) {
        position = lastID
    }

    /// Picks the lines that are to be sent.
    ///
    /// - Parameters:
    ///   - lines: Whole journal lines, behind ``position``.
    ///   - lastID: The id of the last of them.
    ///   - selected: What the lines are appended to.
    mutating func select(from lines: [UInt8], upTo lastID: UInt64, into selected: inout [UInt8]) {
        var start = 0
        while !isFinished, let line = JournalLines.next(in: lines, from: start) {
            start = line.upperBound
            if let id = JournalLines.id(in: lines, at: line.lowerBound) {
                if let end = ending.id, id > end {
                    position = end
                    return
                }
                position = id
            }
            if filter?.matches(lines, in: line) ?? true {
                selected.append(contentsOf: lines[line])
                remaining = remaining.map { $0 - 1 }
                skippedBytes = 0
            } else {
                skippedBytes += line.count
            }
        }
        if !isFinished { position = lastID }
    }

    /// What a filter passes of some lines.
    struct Selection {
        /// The lines that pass.
        private(set) var bytes: [UInt8] = []
        /// The bytes of the lines behind the last that passes.
        fileprivate private(set) var skippedBytes = 0

        /// Looks at whole journal lines.
        init(of lines: [UInt8], by filter: EventFilter) {
            var start = 0
            while let line = JournalLines.next(in: lines, from: start) {
                start = line.upperBound
                if filter.matches(lines, in: line) {
                    bytes.append(contentsOf: lines[line])
                    skippedBytes = 0
                } else {
                    skippedBytes += line.count
                }
            }
        }
    }

    /// The filter, where nothing but the filter decides about lines that reach up to that event.
    func filterAlone(upTo lastID: UInt64) -> EventFilter? {
        remaining == nil && ending.id.map { lastID <= $0 } ?? true ? filter : nil
    }

    /// Notes that of the lines up to that event those are sent that the filter passes.
    mutating func took(_ selection: Selection, upTo lastID: UInt64) {
        position = lastID
        skippedBytes = selection.bytes.isEmpty ? skippedBytes + selection.skippedBytes : selection.skippedBytes
    }

    /// Notes that the filter passes none of the lines up to that event, which are so many bytes.
    mutating func skipped(_ bytes: Int, upTo lastID: UInt64) {
        position = lastID
        skippedBytes += bytes
    }

    /// A frame that says how far the filter has looked, when much or long was skipped.
    mutating func positionFrame(now: Instant) -> [UInt8]? {
        guard skippedBytes > 0, skippedBytes >= skippedBytesMax || now >= positionTold + positionInterval else {
            return nil
        }
        skippedBytes = 0
        positionTold = now
        return Frames.position(id: position)
    }

    /// The frame that says that the durable end is reached; nil from the second time on.
    mutating func reachedDurableEnd() -> [UInt8]? {
        guard !hasCaughtUp else { return nil }
        hasCaughtUp = true
        skippedBytes = 0
        return Frames.caughtUp(id: position)
    }

    /// Goes on behind events that are no longer kept.
    ///
    /// - Returns: The frame that says so; nil when there is nothing between, so that going on makes no sense.
    mutating func skipGap(to first: UInt64) -> [UInt8]? {
        guard first > position + 1 else { return nil }
        return gap(.pruned, to: first - 1)
    }

    /// Goes on behind events that are not there to be sent.
    ///
    /// - Returns: The frame that says so.
    mutating func gap(_ reason: Frames.GapReason, to last: UInt64) -> [UInt8] {
        let frame = Frames.gap(reason, from: position + 1, to: last)
        position = last
        return frame
    }
}
