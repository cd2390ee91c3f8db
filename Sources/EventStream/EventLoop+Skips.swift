/// Where a filter passes nothing: subscribers with the same filter at the same place go over it in one step.
///
/// With a thousand that wait for something rare, looking at each block of events with each of them would cost more than
/// storing the events.
struct Skip {
    /// How many are kept for the next subscriber.
    static let countMax = 16
    /// How many turns' worth of events one subscriber may go over in a turn of its own.
    static let turnsMax = 8

    let filter: EventFilter
    let before: EventPlace
    let behind: EventPlace
    /// The bytes between the two places.
    let bytes: Int
}

extension EventLoop {
    /// Goes over what a live subscriber's filter passes nothing of; stops before a gap, which has to be told.
    func goOver(_ cursor: any EventCursor, _ subscription: inout Subscription) throws(EventLogError) {
        guard subscription.isLive, let filter = subscription.filterAlone(upTo: .max) else { return }
        let before = cursor.place
        if let skip = skips.first(where: { $0.before == before && $0.filter == filter }) {
            cursor.go(to: skip.behind)
            subscription.skipped(skip.bytes, upTo: skip.behind.lastID)
            return
        }
        var bytes = 0
        while bytes < Skip.turnsMax * limits.turnBytesMax {
            let place = cursor.place
            guard try readLines(cursor, isLive: true) == .lines, selection(by: filter).bytes.isEmpty else {
                cursor.go(to: place)
                break
            }
            bytes += lines.count
            subscription.skipped(lines.count, upTo: cursor.lastID)
        }
        guard bytes > 0 else { return }
        if skips.count == Skip.countMax { skips.removeFirst() }
        skips.append(Skip(filter: filter, before: before, behind: cursor.place, bytes: bytes))
    }
}
