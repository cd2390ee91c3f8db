package import Posix

/// A sealed segment, as far as it matters for how long it is kept.
package struct RetentionSegment: Equatable, Sendable {
    /// The name of its file.
    package var fileName: String
    /// The ids of its first and last event.
    package var ids: ClosedRange<UInt64>
    /// Its bytes.
    package var bytes: Int
    /// The latest time of any of its events.
    package var newest: WallTime

    /// Describes a segment.
    package init(fileName: String, ids: ClosedRange<UInt64>, bytes: Int, newest: WallTime) {
        self.fileName = fileName
        self.ids = ids
        self.bytes = bytes
        self.newest = newest
    }
}

/// What goes, and what would and may not.
package struct RetentionDecision: Equatable, Sendable {
    /// Which limit a segment is past.
    package enum Reason: String, Sendable {
        /// Its newest event is too old.
        case age
        /// There are too many bytes.
        case bytes
    }

    /// A segment that goes, and why.
    package struct Departure: Equatable, Sendable {
        /// The segment.
        package var segment: RetentionSegment
        /// The limit that it is past.
        package var reason: Reason
    }

    /// The journal is above its byte limit, and somebody needs its oldest segment.
    package struct Block: Equatable, Sendable {
        /// The segment that may not go.
        package var segment: RetentionSegment
        /// Who needs it.
        package var holds: [RetentionHold]

        /// What is refused until they need it no more: as much as the one that asks for most.
        package var refusal: RetentionHold.Refusal { holds.map(\.refusal).max() ?? .everything }
    }

    /// The segments that go, oldest first.
    package internal(set) var departures: [Departure] = []
    /// The bytes that stay.
    package internal(set) var bytes = 0
    /// A segment that is past a limit and is held, with its holds.
    package internal(set) var held: Block?
    /// What keeps the journal above its byte limit; `nil` while it is below, or while nobody is to blame.
    package internal(set) var block: Block?
}

/// Decides which segments go: whole sealed ones, oldest first, none that anybody holds, never the one written to.
package struct Retention: Sendable {
    /// The limits.
    package var limits: RetentionLimits

    /// Decides by limits.
    package init(limits: RetentionLimits) {
        self.limits = limits
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - sealed: The sealed segments, oldest first.
    ///   - activeBytes: The bytes of the segment that is written to.
    ///   - holds: Everybody who still needs events.
    ///   - now: The wall clock's time.
    /// - Returns: What goes and what blocks.
    package func decide(
        sealed: [RetentionSegment],
        activeBytes: Int,
        holds: [RetentionHold],
        now: WallTime
    ) -> RetentionDecision {
        var decision = RetentionDecision()
        decision.bytes = sealed.reduce(activeBytes) { $0 + $1.bytes }
        for segment in sealed {
            let isAbove = limits.bytesMax.map { decision.bytes > $0 } ?? false
            guard isAbove || isTooOld(segment, now) else { break }
            let holds = holds.filter { $0.cursor < segment.ids.upperBound }
            guard holds.isEmpty else {
                decision.held = RetentionDecision.Block(segment: segment, holds: holds)
                decision.block = isAbove ? decision.held : nil
                break
            }
            decision.departures.append(.init(segment: segment, reason: isAbove ? .bytes : .age))
            decision.bytes -= segment.bytes
        }
        return decision
    }

    private func isTooOld(_ segment: RetentionSegment, _ now: WallTime) -> Bool {
        guard let ageMax = limits.ageMax else { return false }
        return .microseconds(now.microseconds - segment.newest.microseconds) > ageMax
    }
}
