import Journal

/// Puts the reports of the parts together: only here can be seen whether the ids rise by one.
struct VerificationMerge {
    private(set) var result = Verification()
    private let failuresMax: Int
    private let isBeingWritten: Bool
    private let quarantine: [QuarantinedBytes]
    private var lastID: UInt64?
    /// The first ids of the segments of the last line and of the present one.
    private var lastSegment: UInt64 = 0
    private var segment: SegmentFile?
    private var gaps: [SequenceGap] = []
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
            note(lastID + 1...segment.firstID - 1, offset: 0)
        }
        var failures: [VerificationFailure] = []
        for (gap, files) in SequenceGap.account(for: gaps, quarantine) {
            if let failure = gap.failure {
                result.counts[.missing, default: 0] += 1
                if failures.count < failuresMax { failures.append(failure) }
            } else if !files.isEmpty {
                result.quarantinedGaps.append(Verification.QuarantinedGap(ids: gap.ids, files: files))
            }
        }
        // Both are in order and each has its first ones, so the first ones of all are among them.
        result.failures = (result.failures + failures)
            .sorted { ($0.segment, $0.offset) < ($1.segment, $1.offset) }.prefix(failuresMax).map(\.self)
        return result
    }

    private mutating func take(_ run: PartReport.Run) {
        guard let segment, let lastID else { return }
        let ids = run.ids
        if ids.lowerBound < segment.firstID {
            fail(.outOfOrder, run.offset, ids, "the segment begins with id \(segment.firstID)")
        } else if ids.lowerBound <= lastID {
            let again = ids.lowerBound...min(ids.upperBound, lastID)
            if gaps.contains(where: { $0.ids.contains(ids.lowerBound) }) {
                fail(.outOfOrder, run.offset, again, "it stands behind id \(lastID)")
            } else {
                fail(.duplicateID, run.offset, again, "an event of that id stands before it")
            }
        } else if ids.lowerBound > lastID + 1 {
            note(lastID + 1...ids.lowerBound - 1, offset: run.offset)
        }
        lost = IDTraces()
        lastSegment = segment.firstID
        self.lastID = max(lastID, ids.upperBound)
        result.ids = (result.ids?.lowerBound ?? ids.lowerBound)...max(result.ids?.upperBound ?? 0, ids.upperBound)
    }

    private mutating func take(_ piece: DamagedPiece) {
        lost.add(piece.traces)
        let id = piece.traces.readableIDs.first.map { $0...$0 }
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

    /// Keeps ids in mind that are not there; what becomes of them is seen when all gaps are known.
    private mutating func note(_ ids: ClosedRange<UInt64>, offset: Int) {
        guard let segment else { return }
        // What is damaged right there has been told already.
        gaps.append(
            SequenceGap(
                ids: ids,
                inDamage: lost.damagedMax,
                segments: lastSegment...max(lastSegment, segment.firstID),
                segment: segment.fileName,
                offset: offset
            )
        )
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
