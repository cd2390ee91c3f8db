import Posix

/// Makes an index while a segment is read.
struct IndexFileBuilder: Sendable {
    private let segment: SegmentName
    private var entries: [UInt8] = []
    private var types: [EventType] = []
    private var codes: [EventType: UInt32] = [:]
    /// Most events are of the type of the one before.
    private var latest: (type: EventType, code: UInt32)?
    private var ids: ClosedRange<UInt64>?
    private var firstChecksum: UInt64 = 0
    private var lastChecksum: UInt64 = 0
    private var end = 0

    init(_ segment: SegmentName) {
        self.segment = segment
    }

    /// Takes in the next line, which begins where the last one ended.
    mutating func add(_ summary: EventSummary, count: Int, checksum: UInt64) {
        entries.append(number: summary.id)
        entries.append(number: UInt64(end))
        entries.append(number: UInt64(bitPattern: summary.time.microseconds))
        entries.append(number: summary.request?.high ?? 0)
        entries.append(number: summary.request?.low ?? 0)
        entries.append(number: summary.submission?.high ?? 0)
        entries.append(number: summary.submission?.low ?? 0)
        entries.append(number: summary.fingerprint)
        entries.append(number: code(summary.type))
        let flags =
            (summary.request == nil ? 0 : IndexFile.Flag.request)
            | (summary.submission == nil ? 0 : IndexFile.Flag.submission)
        entries.append(number: flags)
        if ids == nil { firstChecksum = checksum }
        lastChecksum = checksum
        ids = (ids?.lowerBound ?? summary.id)...summary.id
        end += count
    }

    private mutating func code(_ type: EventType) -> UInt32 {
        if let latest, latest.type == type { return latest.code }
        let code = codes[type] ?? UInt32(types.count)
        if code == types.count {
            types.append(type)
            codes[type] = code
        }
        latest = (type, code)
        return code
    }

    /// The index; `nil` when there was no line.
    consuming func finish() -> IndexFile? {
        guard let ids else { return nil }
        let header = IndexFile.Header(
            segment: segment.first,
            segmentBytes: end,
            lineCount: entries.count / IndexFile.entryBytes,
            ids: ids,
            firstChecksum: firstChecksum,
            lastChecksum: lastChecksum,
            typesBytes: types.reduce(0) { $0 + 4 + $1.rawValue.utf8.count }
        )
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.fileBytes)
        header.append(to: &bytes)
        for type in types {
            bytes.append(number: UInt32(type.rawValue.utf8.count))
            bytes.append(contentsOf: type.rawValue.utf8)
        }
        bytes.append(contentsOf: entries)
        bytes.append(number: IndexFile.checksum(of: bytes, upTo: bytes.count))
        return IndexFile(bytes: bytes, header: header, types: types)
    }
}
