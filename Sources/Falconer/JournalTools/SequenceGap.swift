import Journal

/// Ids that are not in a journal.
struct SequenceGap: Equatable, Sendable {
    /// The ids.
    let ids: ClosedRange<UInt64>
    /// The first ids of the segments before and behind it: only from those can they have been taken out.
    let segments: ClosedRange<UInt64>
    /// The segment behind it.
    let segment: String
    /// Where in that segment the next line stands.
    let offset: Int
    /// How many of the ids nothing accounts for.
    private(set) var unaccounted: UInt64

    /// Notes a gap.
    ///
    /// - Parameters:
    ///   - ids: The ids.
    ///   - inDamage: How many lines the damaged bytes between the lines around it may have held.
    ///   - segments: The first ids of the segments around it.
    ///   - segment: The segment behind it.
    ///   - offset: Where in that segment the next line stands.
    init(ids: ClosedRange<UInt64>, inDamage: UInt64, segments: ClosedRange<UInt64>, segment: String, offset: Int) {
        self.ids = ids
        self.segments = segments
        self.segment = segment
        self.offset = offset
        // Not count, which is an Int: a damaged name of a segment can be anywhere.
        let count = ids.upperBound - ids.lowerBound + 1
        unaccounted = count - min(count, inDamage)
    }

    /// What to tell of it; `nil` when all of it is accounted for.
    var failure: VerificationFailure? {
        guard unaccounted > 0 else { return nil }
        let count = ids.upperBound - ids.lowerBound + 1
        let those = count == 1 ? "an event is" : "\(count) events are"
        let part = unaccounted < count ? "; \(count - unaccounted) of them may be in damaged or quarantined bytes" : ""
        let detail = "\(those) not there, and not in quarantine\(part)"
        return VerificationFailure(kind: .missing, segment: segment, offset: offset, ids: ids, detail: detail)
    }

    /// Looks in quarantine for what is missing: first for lines whose ids can be read, then for what has no name.
    ///
    /// - Returns: The gaps, each with the files that account for it.
    static func account(
        for gaps: [SequenceGap],
        _ quarantine: [QuarantinedBytes]
    ) -> [(gap: SequenceGap, files: [String])] {
        var accounts = gaps.map { (gap: $0, files: [String]()) }
        var nameless = quarantine.map(\.traces.damagedMax)
        for pass in [Pass.byName, .byCount] {
            for index in accounts.indices {
                for (number, file) in quarantine.enumerated() {
                    let gap = accounts[index].gap
                    guard gap.unaccounted > 0 else { break }
                    guard let first = file.segment, gap.segments.contains(first) else { continue }
                    var came = nameless[number]
                    if pass == .byName {
                        let readable = UInt64(file.traces.readableIDs.count { gap.ids.contains($0) })
                        nameless[number] -= min(nameless[number], readable)
                        came = readable + UInt64(file.traces.wholeIDs.count { gap.ids.contains($0) })
                    }
                    came = min(came, gap.unaccounted)
                    guard came > 0 else { continue }
                    if pass == .byCount { nameless[number] -= came }
                    accounts[index].gap.unaccounted -= came
                    if !accounts[index].files.contains(file.fileName) { accounts[index].files.append(file.fileName) }
                }
            }
        }
        return accounts
    }

    private enum Pass {
        case byName
        case byCount
    }
}
