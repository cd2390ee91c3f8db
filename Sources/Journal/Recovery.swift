import Logging
import Posix

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
        var (scans, firstSource) = try scanAll(replay)
        let last = lastSequence(scans)
        let name = SegmentName(first: last + 1)
        let active = try makeSegment(name, among: scans)
        for index in scans.indices where !scans[index].bad.isEmpty {
            scans[index].segment = try repair(scans[index])
        }
        if let newest = scans.last(where: { $0.segment.bytes > 0 }) {
            try rewriteEnd(of: newest.segment)
        }
        try removeEmpty(scans, but: name)
        var catalog = Catalog(segments: scans.map(\.segment).filter { $0.bytes > 0 }, last: last)
        catalog.append(name)
        return Result(catalog: catalog, active: active, firstSource: firstSource)
    }

    func path(_ name: SegmentName) -> String {
        directory + "/" + name.fileName
    }

    private func scanAll(_ replay: (EventLine) -> Void) throws(SystemCallError) -> ([SegmentScan], String?) {
        let files = try fileSystem.names(in: directory)
        for name in files where name.hasSuffix(Self.temporarySuffix) {
            try fileSystem.remove(directory + "/" + name)
        }
        let names = files.compactMap { SegmentName(fileName: $0) }.sorted()
        try forgetCachedNewest(names)
        var scans: [SegmentScan] = []
        var lastID: UInt64 = 0
        var firstSource: String?
        for name in names {
            var scanner = SegmentScanner(name: name, file: try fileSystem.open(path(name), .reading), lastID: lastID)
            try scanner.run { line in
                if firstSource == nil { firstSource = line.text(.source) }
                replay(line)
            }
            lastID = scanner.scan.segment.ids?.upperBound ?? lastID
            scans.append(scanner.scan)
        }
        return (scans, firstSource)
    }

    /// After a failed sync the cache shows what the disk does not have; clean pages are dropped, so that the disk is read.
    private func forgetCachedNewest(_ names: [SegmentName]) throws(SystemCallError) {
        for name in names.reversed() {
            let file = try fileSystem.open(path(name), .reading)
            file.forgetCached()
            if try file.size() > 0 { return }
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
        let file = try fileSystem.open(path(name), exists ? .writing : .makingNew)
        try file.synchronize()
        try fileSystem.synchronizeDirectory(directory)
        return file
    }

    /// Writes the last valid bytes once more and has them synchronized: what can be read is on disk from here on.
    private func rewriteEnd(of segment: Segment) throws(SystemCallError) {
        let file = try fileSystem.open(path(segment.name), .writing)
        let range = max(0, segment.bytes - Self.rewrittenBytesMax)..<segment.bytes
        try file.copy(range, to: file, at: range.lowerBound)
        try file.synchronizeData()
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
