package import Journal
package import Webhook

/// The verification of a whole journal: every checksum, every id, every envelope, and every signature again.
package struct JournalVerification: Sendable {
    /// How many failures are told one by one; all are counted.
    package static let failuresMaxDefault = 20

    private let inspection: JournalInspection
    private let check: EventCheck
    private let sweep: JournalSweep
    private let isBeingWritten: Bool
    private let failuresMax: Int

    /// Lists what there is to verify; nothing that is written later is looked at.
    ///
    /// - Parameters:
    ///   - inspection: The journal.
    ///   - keySets: The keys that deliveries may be signed with; `nil` to leave signatures alone.
    ///   - failuresMax: How many failures are told one by one.
    /// - Throws: ``JournalError``.
    package init(
        _ inspection: JournalInspection,
        keySets: [KeySet]?,
        failuresMax: Int = JournalVerification.failuresMaxDefault
    ) throws(JournalError) {
        try self.init(
            inspection,
            keySets: keySets,
            failuresMax: failuresMax,
            isBeingWritten: inspection.holder() != nil,
            partBytes: JournalSweep.partBytes
        )
    }

    init(
        _ inspection: JournalInspection,
        keySets: [KeySet]?,
        failuresMax: Int,
        isBeingWritten: Bool,
        partBytes: Int
    ) throws(JournalError) {
        self.inspection = inspection
        self.failuresMax = failuresMax
        self.isBeingWritten = isBeingWritten
        check = EventCheck(source: try inspection.source(), keySets: keySets)
        sweep = try JournalSweep(inspection, partBytes: partBytes)
    }

    /// How many bytes there are to read.
    package var bytes: Int { sweep.bytes }

    /// Verifies.
    ///
    /// - Parameters:
    ///   - workers: How many threads do it; one for each processor is right.
    ///   - progress: Told now and then how many bytes were read, on the calling thread.
    /// - Returns: What was found.
    /// - Throws: ``JournalError`` when the files cannot be read.
    package func run(workers: Int, progress: (Int) -> Void = { _ in }) throws(JournalError) -> Verification {
        let failuresMax = failuresMax
        let check = check
        let reports = try sweep.run(workers: workers, progress: progress) { part in
            PartReport(segment: part.segment.fileName, failuresMax: failuresMax)
        } _: { piece, report in
            report.take(piece, check)
        }
        var merge = VerificationMerge(
            quarantine: try inspection.quarantine(),
            isBeingWritten: isBeingWritten,
            failuresMax: failuresMax
        )
        var index = 0
        for segment in sweep.segments {
            let own = sweep.parts[index...].prefix { $0.segment == segment }.indices
            index = own.upperBound
            let found = own.compactMap { reports[$0] }
            guard found.count == own.count else {
                merge.skipGone()
                continue
            }
            merge.begin(segment)
            for report in found { merge.take(report, isNewest: segment == sweep.segments.last) }
        }
        return merge.finish()
    }
}
