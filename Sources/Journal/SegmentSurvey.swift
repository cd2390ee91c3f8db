import Crypto
import Posix
import SystemPackage

/// What a start knows of a segment.
struct SegmentSurvey: Sendable {
    /// Its lines, and what else is in it.
    var scan: SegmentScan
    /// A summary of each valid line, where there is one.
    ///
    /// Offsets in it are those that lines have when what is bad has been taken out.
    var index: IndexFile?
    /// Whether the index is to be written, because the one beside the segment is another or none.
    var isIndexNew = false
    /// The source of the first valid line.
    var source: String?
}

/// Looks at segments at a start, each on its own: by the index where it may be believed, else by reading all.
struct SegmentSurveyor: Sendable {
    let fileSystem: any FileSystem
    /// The journal's directory.
    let directory: String
    /// Whether indexes are looked at.
    let usesIndexes: Bool

    /// Looks at a segment and changes nothing.
    ///
    /// - Parameters:
    ///   - name: The segment.
    ///   - trusting: Whether its index may be believed in place of the segment.
    ///   - lastID: No valid line has this id or a lower one.
    ///   - endID: The first id of the next segment, if there is one; no valid line has it or a higher one.
    /// - Returns: What it holds; where the disk failed, what it holds before that.
    /// - Throws: What else reading the segment failed with; a failure of the index is none.
    func survey(
        _ name: SegmentName,
        trusting: Bool,
        behind lastID: UInt64 = 0,
        before endID: UInt64? = nil
    ) throws(SystemCallError) -> SegmentSurvey {
        let file = try fileSystem.open(directory + "/" + name.fileName, .reading)
        let store = IndexStore(fileSystem: fileSystem, directory: directory)
        let known = usesIndexes ? store.load(name, of: file) : nil
        if trusting, let known, known.index.header.ids.lowerBound > lastID,
            known.index.header.ids.upperBound < endID ?? .max
        {
            return SegmentSurvey(
                scan: SegmentScan(segment: known.index.segment, size: known.index.header.segmentBytes),
                index: known.index,
                source: known.first.text(.source)
            )
        }
        var reading = IndexReading(name: name, file: file, lastID: lastID, endID: endID)
        var failure: SystemCallError?
        do throws(SystemCallError) {
            while try reading.step() {}
        } catch {
            guard error.errno == .ioError else { throw error }
            failure = error
        }
        var survey = reading.finish()
        survey.scan.failure = failure
        survey.isIndexNew = failure == nil && survey.index != known?.index
        return survey
    }
}

/// Reads a segment and makes its index on the way, a piece at a time.
struct IndexReading: ~Copyable {
    private var scanner: SegmentScanner
    private var builder: IndexFileBuilder
    private var hasher = SHA256Hasher()
    private var source: String?

    init(name: SegmentName, file: any File, lastID: UInt64, endID: UInt64? = nil) {
        scanner = SegmentScanner(name: name, file: file, lastID: lastID, endID: endID)
        builder = IndexFileBuilder(name)
    }

    /// Reads the next piece; false when there is none.
    mutating func step() throws(SystemCallError) -> Bool {
        try Self.step(&scanner, &builder, &hasher, &source)
    }

    private static func step(
        _ scanner: inout SegmentScanner,
        _ builder: inout IndexFileBuilder,
        _ hasher: inout SHA256Hasher,
        _ source: inout String?
    ) throws(SystemCallError) -> Bool {
        try scanner.step { line in
            if source == nil { source = line.text(.source) }
            builder.add(EventSummary(line, &hasher), count: line.bytes.count, checksum: line.checksumDigits)
        }
    }

    /// What was found.
    consuming func finish() -> SegmentSurvey {
        SegmentSurvey(scan: scanner.scan, index: builder.finish(), source: source)
    }
}
