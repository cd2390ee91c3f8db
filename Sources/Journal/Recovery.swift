import Logging
import Posix
import SystemPackage

/// What is done at every start, whether the last run ended well or not.
///
/// Nothing is written before all was read: the new segment comes first, because its name alone keeps ids from being
/// given twice when a crash cuts the repair short.
struct Recovery {
    /// The bytes at the journal's end that are written again before they are trusted.
    ///
    /// After a failed sync the page cache shows bytes that the disk does not have, and a batch is 1 MiB at most, so
    /// this reaches over the last batch and the one before.
    static let rewrittenBytesMax = 4 << 20

    let fileSystem: any FileSystem
    let directory: String
    let seenSequence: UInt64
    let logger: Logger

    /// What was found, before anything is changed.
    struct Finding {
        /// The segments there are, in order.
        var scans: [SegmentScan]
        /// The source of the first event that was found.
        let firstSource: String?
        /// The last id that anybody may have seen.
        let last: UInt64
        /// Leftovers of an earlier repair that did not end.
        let temporaries: [String]
    }

    /// What was recovered.
    struct Result {
        /// The segments, the new one last.
        let catalog: Catalog
        /// The new segment.
        let active: any File
        /// The source of the first event that was found.
        let firstSource: String?
    }

    /// Reads all, hands every event to `replay`, and repairs what is bad.
    func run(_ replay: (EventLine) -> Void) throws(SystemCallError) -> Result {
        var finding = try find(replay)
        return try settle(&finding)
    }

    /// Reads all and hands every event to `replay`; changes nothing.
    func find(_ replay: (EventLine) -> Void) throws(SystemCallError) -> Finding {
        let temporaries = try fileSystem.names(in: directory).filter { $0.hasSuffix(Self.temporarySuffix) }
        let (scans, firstSource) = try scanAll(replay)
        return Finding(scans: scans, firstSource: firstSource, last: lastSequence(scans), temporaries: temporaries)
    }

    /// Repairs what is bad, and makes the new segment.
    ///
    /// Where it fails for want of room it may be called again with the same finding.
    func settle(_ finding: inout Finding) throws(SystemCallError) -> Result {
        for name in finding.temporaries { try removeLeftover(directory + "/" + name) }
        let name = SegmentName(first: finding.last + 1)
        let active = try makeSegment(name, among: finding.scans)
        for index in finding.scans.indices where !finding.scans[index].bad.isEmpty {
            finding.scans[index].segment = try repair(finding.scans[index])
            finding.scans[index].bad = []
        }
        try rewriteEnd(of: finding.scans.map(\.segment))
        try removeEmpty(finding.scans, but: name)
        var catalog = Catalog(segments: finding.scans.map(\.segment).filter { $0.bytes > 0 }, last: finding.last)
        catalog.append(name)
        return Result(catalog: catalog, active: active, firstSource: finding.firstSource)
    }

    private func removeLeftover(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try fileSystem.remove(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
    }

    func path(_ name: SegmentName) -> String {
        directory + "/" + name.fileName
    }

    private func scanAll(_ replay: (EventLine) -> Void) throws(SystemCallError) -> ([SegmentScan], String?) {
        let files = try fileSystem.names(in: directory)
        let names = files.compactMap { SegmentName(fileName: $0) }.sorted()
        try forgetCachedNewest(names)
        var scans: [SegmentScan] = []
        var lastID: UInt64 = 0
        var firstSource: String?
        for name in names {
            var scanner = SegmentScanner(name: name, file: try fileSystem.open(path(name), .reading), lastID: lastID)
            let failure: SystemCallError?
            do throws(SystemCallError) {
                try scanner.run { line in
                    if firstSource == nil { firstSource = line.text(.source) }
                    replay(line)
                }
                failure = nil
            } catch {
                guard error.errno == .ioError else { throw error }
                failure = error
            }
            lastID = scanner.scan.segment.ids?.upperBound ?? lastID
            scans.append(scanner.scan)
            scans[scans.count - 1].failure = failure
        }
        return (scans, firstSource)
    }

    /// After a failed sync the cache shows what the disk does not have; clean pages are dropped, so that the disk is read.
    ///
    /// As far as the end is written again: a failed sync can also cost what an earlier one had stored (seen on ext4
    /// without a journal), and that may stand in the segment before.
    private func forgetCachedNewest(_ names: [SegmentName]) throws(SystemCallError) {
        var bytes = 0
        for name in names.reversed() where bytes < Self.rewrittenBytesMax {
            let file = try fileSystem.open(path(name), .reading)
            file.forgetCached()
            bytes += try file.size()
        }
    }

    /// The last id that anybody may have seen.
    private func lastSequence(_ scans: [SegmentScan]) -> UInt64 {
        var last = seenSequence
        for scan in scans {
            last = max(last, scan.segment.name.first - 1, scan.segment.ids?.upperBound ?? 0)
            if let tail = scan.bad.last, tail.range.upperBound == scan.size { last += tail.idsMax }
        }
        return last
    }

    /// Makes the segment that this run writes to, or takes an empty one of that name.
    private func makeSegment(_ name: SegmentName, among scans: [SegmentScan]) throws(SystemCallError) -> any File {
        let exists = scans.contains { $0.segment.name == name }
        let file = try openSegment(name, exists ? .writing : .makingNew)
        try file.synchronize()
        try fileSystem.synchronizeDirectory(directory)
        return file
    }

    private func openSegment(_ name: SegmentName, _ mode: FileOpening) throws(SystemCallError) -> any File {
        do throws(SystemCallError) {
            return try fileSystem.open(path(name), mode)
        } catch {
            // No scan found it, so an earlier attempt of this start made it, and there was no room for the next step.
            guard mode == .makingNew, error.errno == .fileExists else { throw error }
            return try fileSystem.open(path(name), .writing)
        }
    }

    /// Writes the last valid bytes once more and has them synchronized: what can be read is on disk from here on.
    private func rewriteEnd(of segments: [Segment]) throws(SystemCallError) {
        var rest = Self.rewrittenBytesMax
        for segment in segments.reversed() where segment.bytes > 0 && rest > 0 {
            let file = try fileSystem.open(path(segment.name), .writing)
            let range = max(0, segment.bytes - rest)..<segment.bytes
            try file.copy(range, to: file, at: range.lowerBound)
            try file.synchronizeData()
            rest -= range.count
        }
    }

    /// Segments without a line are of no use to anybody.
    private func removeEmpty(_ scans: [SegmentScan], but kept: SegmentName) throws(SystemCallError) {
        let empty = scans.filter { $0.segment.bytes == 0 && $0.segment.name != kept }
        guard !empty.isEmpty else { return }
        for scan in empty { try fileSystem.remove(path(scan.segment.name)) }
        try fileSystem.synchronizeDirectory(directory)
    }

    static let temporarySuffix = ".tmp"
}
