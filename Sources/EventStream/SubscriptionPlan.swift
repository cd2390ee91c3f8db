import Posix

/// A subscription as it can be had: what was asked for, held against what the journal has.
struct SubscriptionPlan: Equatable {
    /// Where the cursor begins.
    enum Start: Equatable {
        case after(UInt64)
        case time(WallTime)
    }

    let start: Start
    /// The frame that tells of events that are no longer kept.
    let gap: [UInt8]?
    let ending: Subscription.Ending
    let count: Int?
    let filter: EventFilter

    /// - Throws: ``Refusal``: `other_journal` or `cursor_ahead`, each with the journal's source and bounds.
    init(_ request: SubscriptionRequest, source: String, bounds: EventLogBounds) throws(Refusal) {
        if let wanted = request.source, wanted != source {
            throw Refusal(
                .otherJournal,
                "the position belongs to another journal: subscribe with \"from\":\"first\", or with this journal's source",
                details: Self.details(source, bounds)
            )
        }
        var gap: [UInt8]?
        switch request.start {
        case .first: start = .after(bounds.first - 1)
        case .new: start = .after(bounds.last)
        case .time(let time): start = .time(time)
        case .after(let id) where id > bounds.last:
            throw Refusal(
                .cursorAhead,
                "there is no such event yet, the last is \(bounds.last): was the journal replaced? "
                    + "Subscribe with \"from\":\"first\" or with a later \"after\"",
                details: Self.details(source, bounds)
            )
        case .after(let id) where id + 1 < bounds.first:
            gap = Frames.gap(.pruned, from: id + 1, to: bounds.first - 1)
            start = .after(bounds.first - 1)
        case .after(let id): start = .after(id)
        }
        self.gap = gap
        switch request.end {
        case .never: ending = .never
        case .now: ending = .caughtUp(bounds.last)
        case .id(let id): ending = .bye(id)
        }
        count = request.count
        filter = request.filter
    }

    private static func details(_ source: String, _ bounds: EventLogBounds) -> [UInt8] {
        Frames.bounds(source: source, bounds)
    }
}
