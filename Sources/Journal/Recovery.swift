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
    /// After a failed sync the page cache shows bytes that the disk does not have. A batch is 1 MiB at most, so this
    /// reaches over the last batch and the one before; a single event that is longer is written again whole.
    static let rewrittenBytesMax = 4 << 20

    let fileSystem: any FileSystem
    let directory: String
    let seenSequence: UInt64
    /// Whether a segment's index may be believed in place of the segment.
    var usesIndexes = true
    /// How many threads read segments; with 0 the calling one does.
    var threads = 0
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
        /// The indexes that are to be written: those of segments that were read.
        var indexes: [IndexFile]
        /// The indexes there are without a segment, or beside one without a line.
        let strayIndexes: [SegmentName]
    }

    /// What was recovered.
    struct Result {
        /// The segments, the new one last.
        let catalog: Catalog
        /// The new segment.
        let active: any File
    }

    /// Reads all, hands every event to `replay`, and repairs what is bad.
    func run(_ replay: (EventSummary) -> Void) throws(SystemCallError) -> Result {
        var finding = try find(replay)
        return try settle(&finding)
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
        settleIndexes(&finding)
        var catalog = Catalog(segments: finding.scans.map(\.segment).filter { $0.bytes > 0 }, last: finding.last)
        catalog.append(name)
        return Result(catalog: catalog, active: active)
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

    /// The last id that anybody may have seen.
    func lastSequence(_ scans: [SegmentScan]) -> UInt64 {
        var last = seenSequence
        for scan in scans {
            let name = scan.segment.name.first
            // A name above its ids was given by hand; the new segment must not have the same.
            last = max(last, scan.segment.ids.map { max($0.upperBound, name) } ?? name - 1)
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
            // A single event may be longer; whatever block the last line is in, it begins there or behind.
            let lastBlock = segment.index.blocks.last?.offset ?? 0
            let range = min(max(0, segment.bytes - rest), lastBlock)..<segment.bytes
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
