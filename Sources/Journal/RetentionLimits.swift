/// How long and how much is kept; without a limit, everything.
package struct RetentionLimits: Equatable, Sendable {
    /// The least age limit, a day.
    ///
    /// fal repeats a delivery for two hours (https://docs.fal.ai/model-endpoints/webhooks), and a repetition is known by
    /// the event that it repeats.
    package static let ageLeast = Duration.seconds(86_400)
    /// The least byte limit, 1 MiB.
    package static let bytesLeast = 1 << 20

    /// A segment goes when its newest event is older than this by the wall clock; `nil` for no limit.
    package var ageMax: Duration?
    /// The oldest segments go while all of them together have more bytes than this; `nil` for no limit.
    package var bytesMax: Int?

    /// Sets limits, or none.
    package init(ageMax: Duration? = nil, bytesMax: Int? = nil) {
        self.ageMax = ageMax
        self.bytesMax = bytesMax
    }

    /// Whether nothing is ever deleted.
    package var keepsEverything: Bool { ageMax == nil && bytesMax == nil }

    /// The largest segment that goes well with the byte limit: an eighth of it, so that the limit is kept about so well.
    package func segmentBytesMax(atMost most: Int) -> Int {
        guard let bytesMax else { return most }
        return max(1, min(most, bytesMax / 8))
    }
}

/// Somebody who still needs events.
package struct RetentionHold: Equatable, Sendable {
    /// What is refused while this hold alone keeps the journal above its byte limit.
    package enum Refusal: Int, Comparable, Sendable {
        /// New submissions only: what is under way has to end for the hold to move.
        case beginnings
        /// Every event.
        case everything

        package static func < (left: Refusal, right: Refusal) -> Bool { left.rawValue < right.rawValue }
    }

    /// Who holds, for people: `consumer encoder`.
    package var holder: String
    /// The last event that the holder needs no more; every later one is kept.
    package var cursor: UInt64
    /// What is refused while it blocks.
    package var refusal: Refusal

    /// Names a hold by its holder.
    package init(holder: String, cursor: UInt64, refusal: Refusal = .everything) {
        self.holder = holder
        self.cursor = cursor
        self.refusal = refusal
    }
}
