import Journal

/// What a verification of a journal came to.
package struct Verification: Equatable, Sendable {
    /// Ids that are missing because a start put their bytes into quarantine; known, and no failure.
    package struct QuarantinedGap: Equatable, Sendable {
        /// The ids.
        package let ids: ClosedRange<UInt64>
        /// The quarantined files that they may be in.
        package let files: [String]
    }

    /// How many segments were read.
    package internal(set) var segments = 0
    /// How many segments were gone before they were read.
    package internal(set) var segmentsGone = 0
    /// How many valid lines there are.
    package internal(set) var events = 0
    /// How many bytes they have.
    package internal(set) var bytes = 0
    /// How many signatures were verified again.
    package internal(set) var signatures = 0
    /// The first and the last id.
    package internal(set) var ids: ClosedRange<UInt64>?
    /// How often each kind of failure was found.
    package internal(set) var counts: [VerificationFailure.Kind: Int] = [:]
    /// The first failures, in order.
    package internal(set) var failures: [VerificationFailure] = []
    /// What is missing and accounted for.
    package internal(set) var quarantinedGaps: [QuarantinedGap] = []
    /// Bytes at the end that the running service is still writing; no failure.
    package internal(set) var bytesBeingWritten = 0

    /// How many failures there are, shown or not.
    package var failureCount: Int { counts.values.reduce(0, +) }
}

/// Puts the reports of the parts together: only here can be seen whether the ids rise by one.
struct VerificationMerge {
    /// How many gaps are kept in mind, to tell an id that comes late from one that comes twice.
    static let gapsMax = 1_024

    private(set) var result = Verification()
    private let failuresMax: Int
    private let isBeingWritten: Bool
    private let quarantine: [QuarantinedBytes]
    /// How many ids each of the quarantined files can still account for.
    private var quarantined: [UInt64]
    private var lastID: UInt64?
    /// The first ids of the segments of the last line and of the present one.
    private var lastSegment: UInt64 = 0
    private var segment: SegmentFile?
    private var gaps: [ClosedRange<UInt64>] = []
    /// What stood in damaged bytes since the last line.
    private var lost = IDTraces()

    /// Begins with nothing.
    ///
    /// - Parameters:
    ///   - quarantine: What earlier starts put aside.
    ///   - isBeingWritten: Whether a service writes to the journal.
    ///   - failuresMax: How many failures are kept; all are counted.
    init(quarantine: [QuarantinedBytes], isBeingWritten: Bool, failuresMax: Int) {
        self.quarantine = quarantine
        quarantined = quarantine.map(\.traces.linesMax)
        self.isBeingWritten = isBeingWritten
        self.failuresMax = failuresMax
    }

    /// Goes on to the next segment.
    mutating func begin(_ segment: SegmentFile) {
        self.segment = segment
        result.segments += 1
        // What came before the first segment that is kept is not missing.
        if lastID == nil {
            lastID = segment.firstID - 1
            lastSegment = segment.firstID
        }
    }

    /// Notes that the next segment was deleted before it was read.
    mutating func skipGone() {
        result.segmentsGone += 1
        lastID = nil
    }

    /// Takes in the next part of the present segment.
    ///
    /// - Parameters:
    ///   - report: What was found in it.
    ///   - isNewest: Whether the journal's newest bytes are in it.
    mutating func take(_ report: PartReport, isNewest: Bool) {
        result.events += report.events
        result.bytes += report.bytes
        result.signatures += report.signatures
        result.counts.merge(report.counts, uniquingKeysWith: +)
        for step in report.steps {
            switch step {
            case .run(let run): take(run)
            case .failure(let failure): keep(failure)
            case .damage(let piece):
                if piece.kind == .unfinished, isBeingWritten, isNewest {
                    result.bytesBeingWritten += piece.range.count
                } else {
                    take(piece)
                }
            }
        }
    }

    /// Ends the journal: the newest segment's name tells which ids were given before it.
    mutating func finish() -> Verification {
        if let segment, let lastID, segment.firstID > lastID + 1 {
            resolve(lastID + 1...segment.firstID - 1, offset: 0)
        }
        return result
    }

    private mutating func take(_ run: PartReport.Run) {
        guard let segment, let lastID else { return }
        let ids = run.ids
        if ids.lowerBound < segment.firstID {
            fail(.outOfOrder, run.offset, ids, "the segment begins with id \(segment.firstID)")
        } else if ids.lowerBound <= lastID {
            let again = ids.lowerBound...min(ids.upperBound, lastID)
            if gaps.contains(where: { $0.contains(ids.lowerBound) }) {
                fail(.outOfOrder, run.offset, again, "it stands behind id \(lastID)")
            } else {
                fail(.duplicateID, run.offset, again, "an event of that id stands before it")
            }
        } else if ids.lowerBound > lastID + 1 {
            resolve(lastID + 1...ids.lowerBound - 1, offset: run.offset)
        }
        lost = IDTraces()
        lastSegment = segment.firstID
        self.lastID = max(lastID, ids.upperBound)
        result.ids = (result.ids?.lowerBound ?? ids.lowerBound)...max(result.ids?.upperBound ?? 0, ids.upperBound)
    }

    private mutating func take(_ piece: DamagedPiece) {
        lost.add(piece.traces)
        let id = piece.traces.ids.first.map { $0...$0 }
        let count = piece.range.count
        switch piece.kind {
        case .checksum:
            fail(.damaged, piece.range.lowerBound, id, "the checksum is not that of these \(count) bytes")
        case .notAnEvent:
            fail(
                .notAnEvent,
                piece.range.lowerBound,
                id,
                "the checksum of these \(count) bytes is right, and they are no event"
            )
        case .notALine:
            fail(.notALine, piece.range.lowerBound, id, "\(count) bytes that are no line")
        case .unfinished:
            fail(.unfinished, piece.range.lowerBound, id, "the segment ends within a line, after \(count) bytes of it")
        }
    }

    /// Finds out what became of ids that are not there.
    private mutating func resolve(_ gap: ClosedRange<UInt64>, offset: Int) {
        if gaps.count < Self.gapsMax { gaps.append(gap) }
        var wanted = UInt64(gap.count) - min(UInt64(gap.count), lost.linesMax)
        // What is damaged has been told already.
        guard wanted > 0 else { return }
        var files: [String] = []
        let segments = lastSegment...max(lastSegment, segment?.firstID ?? 0)
        for index in quarantine.indices where wanted > 0 {
            guard let first = quarantine[index].segment, segments.contains(first) else { continue }
            let came = min(wanted, quarantined[index])
            if came > 0 { files.append(quarantine[index].fileName) }
            quarantined[index] -= came
            wanted -= came
        }
        if wanted == 0 {
            result.quarantinedGaps.append(Verification.QuarantinedGap(ids: gap, files: files))
        } else {
            let count = gap.count == 1 ? "an event is" : "\(gap.count) events are"
            let part = wanted < gap.count ? "; \(UInt64(gap.count) - wanted) of them may be in damaged bytes" : ""
            fail(.missing, offset, gap, "\(count) not there, and not in quarantine\(part)")
        }
    }

    private mutating func fail(
        _ kind: VerificationFailure.Kind,
        _ offset: Int,
        _ ids: ClosedRange<UInt64>?,
        _ detail: String
    ) {
        result.counts[kind, default: 0] += 1
        let name = segment?.fileName ?? ""
        keep(VerificationFailure(kind: kind, segment: name, offset: offset, ids: ids, detail: detail))
    }

    private mutating func keep(_ failure: VerificationFailure) {
        if result.failures.count < failuresMax { result.failures.append(failure) }
    }
}
