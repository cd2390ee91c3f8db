import Posix

/// The events of one query, read from the journal at the pace of whoever asks for more; for one thread at a time.
package struct EventFeed {
    /// What one step came to.
    package enum Step: Equatable, Sendable {
        /// The journal was read on; the lines that pass the filter, perhaps none, were appended.
        case read
        /// These events are not there to be sent; `isDamaged` says that they were lost on the disk, and not deleted.
        case gap(ClosedRange<UInt64>, isDamaged: Bool)
        /// There is nothing more that is durable.
        case durableEnd
        /// Everything that was asked for was given.
        case ended
    }

    private let plan: SubscriptionPlan
    private let log: any EventLog
    private var pruned: ClosedRange<UInt64>?
    private var reading: (cursor: any EventCursor, subscription: Subscription)?

    /// Holds a query against what the journal has; nothing is read yet.
    ///
    /// - Throws: ``EventQueryRefusal``: `cursor_ahead`, `other_journal`.
    package init(_ query: EventQuery, log: any EventLog) throws(EventQueryRefusal) {
        let bounds = log.bounds
        do throws(Refusal) {
            plan = try SubscriptionPlan(query.request, source: log.source, bounds: bounds)
        } catch {
            switch error.code {
            case .cursorAhead:
                throw EventQueryRefusal(
                    code: error.code.rawValue,
                    message: "there is no such event yet, the last is \(bounds.last): was the journal replaced? "
                        + "Ask with from=first and without Last-Event-ID"
                )
            default:
                throw EventQueryRefusal(
                    code: error.code.rawValue,
                    message: "the position belongs to another journal, this one is \(log.source): ask with from=first"
                )
            }
        }
        if case .after(let id) = query.request.start, plan.gap != nil { pruned = id + 1...bounds.first - 1 }
        self.log = log
    }

    /// The id of the last event that was given or passed over; nil before the first step.
    package var position: UInt64? { reading?.subscription.position }

    /// Reads on.
    ///
    /// - Parameters:
    ///   - lines: What the journal lines, each with its line feed, are appended to.
    ///   - scratch: Room to read into; its content means nothing.
    ///   - limit: About how many bytes of the journal are read at most; a single longer line is read whole.
    /// - Returns: What there was.
    /// - Throws: ``EventLogError`` when the journal cannot be read.
    package mutating func next(
        into lines: inout [UInt8],
        scratch: inout [UInt8],
        limit: Int
    ) throws(EventLogError) -> Step {
        // Not with ??: its closure loses the type of what is thrown.
        if reading == nil { reading = try open() }
        guard var (cursor, subscription) = reading else { return .ended }
        defer { reading = (cursor, subscription) }
        if let gap = pruned {
            pruned = nil
            return .gap(gap, isDamaged: false)
        }
        if subscription.isFinished { return .ended }
        scratch.removeAll(keepingCapacity: scratch.capacity <= 4 * limit)
        do throws(EventLogError) {
            switch try cursor.read(into: &scratch, limit: limit) {
            case .lines:
                subscription.select(from: scratch, upTo: cursor.lastID, into: &lines)
                return .read
            case .gap(let ids):
                _ = subscription.gap(.damaged, to: ids.upperBound)
                return .gap(ids, isDamaged: true)
            case .durableEnd: return .durableEnd
            }
        } catch {
            let from = subscription.position + 1
            let first = log.bounds.first
            guard error.code == .pruned, subscription.skipGap(to: first) != nil else { throw error }
            cursor = try log.cursor(after: first - 1)
            return .gap(from...first - 1, isDamaged: false)
        }
    }

    private mutating func open() throws(EventLogError) -> (cursor: any EventCursor, subscription: Subscription) {
        let cursor: any EventCursor
        switch plan.start {
        case .after(let id):
            let first = log.bounds.first
            cursor = try log.cursor(after: max(id, first - 1))
            // Deleted since the query was looked at.
            if id + 1 < first { pruned = (pruned?.lowerBound ?? id + 1)...first - 1 }
        case .time(let time): cursor = try log.cursor(from: time)
        }
        let subscription = Subscription(
            plan: plan,
            position: cursor.lastID,
            limits: EventStreamLimits(),
            now: ContinuousClock.now
        )
        return (cursor, subscription)
    }
}
