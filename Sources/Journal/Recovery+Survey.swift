import Logging
import Posix

extension Recovery {
    /// Looks at every segment and hands every event to `replay`, in order; changes nothing.
    func find(_ replay: (EventSummary) -> Void) throws(SystemCallError) -> Finding {
        let files = try fileSystem.names(in: directory)
        let names = files.compactMap { SegmentName(fileName: $0) }.sorted()
        let surveyor = SegmentSurveyor(fileSystem: fileSystem, directory: directory, usesIndexes: usesIndexes)
        let ahead = SurveyAhead(surveyor: surveyor, names: names, tail: try forgetCachedTail(names))
        var scans: [SegmentScan] = []
        var indexes: [IndexFile] = []
        var firstSource: String?
        var lastID: UInt64 = 0
        try ahead.run(threads: threads) { survey throws(SystemCallError) in
            var survey = survey
            if let first = survey.scan.segment.ids?.lowerBound, first <= lastID {
                // Ids that stand in an earlier segment already: these are no valid lines here.
                survey = try surveyor.survey(
                    survey.scan.segment.name,
                    trusting: false,
                    behind: lastID,
                    before: ahead.endID(of: scans.count)
                )
            }
            survey.index?.forEach(replay)
            if survey.isIndexNew, let index = survey.index { indexes.append(index) }
            scans.append(survey.scan)
            firstSource = firstSource ?? survey.source
            lastID = survey.scan.segment.ids?.upperBound ?? lastID
        }
        let indexed = Set(scans.lazy.filter { $0.segment.bytes > 0 }.map(\.segment.name))
        return Finding(
            scans: scans,
            firstSource: firstSource,
            last: lastSequence(scans),
            temporaries: files.filter { $0.hasSuffix(Self.temporarySuffix) },
            indexes: indexes,
            strayIndexes: files.compactMap { SegmentName(indexFileName: $0) }.filter { !indexed.contains($0) }
        )
    }

    /// After a failed sync the cache shows what the disk does not have; clean pages are dropped, so that the disk is read.
    ///
    /// As far as the end is written again: a failed sync can also cost what an earlier one had stored (seen on ext4
    /// without a journal), and that may stand in the segment before.
    ///
    /// - Returns: The place of the first such segment. These are always read, whatever their indexes say.
    private func forgetCachedTail(_ names: [SegmentName]) throws(SystemCallError) -> Int {
        var bytes = 0
        for place in names.indices.reversed() {
            let file = try fileSystem.open(path(names[place]), .reading)
            file.forgetCached()
            bytes += try file.size()
            if bytes >= Self.rewrittenBytesMax { return place }
        }
        return 0
    }

    /// Writes the indexes that are missing and removes those that are of no use, as far as that can be done.
    func settleIndexes(_ finding: inout Finding) {
        let store = IndexStore(fileSystem: fileSystem, directory: directory)
        for name in finding.strayIndexes {
            // Where it stays it is looked at again, and not believed.
            try? store.remove(name)
        }
        for (place, index) in finding.indexes.enumerated() {
            do throws(SystemCallError) {
                try store.write(index)
            } catch {
                logger.warning(
                    "segments have no index; the next start reads all of each",
                    metadata: ["segments": "\(finding.indexes.count - place)", "error": "\(error)"]
                )
                break
            }
        }
        finding.indexes = []
    }
}
