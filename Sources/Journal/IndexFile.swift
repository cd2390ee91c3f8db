import Posix

/// The index of a sealed segment as a file holds it: a summary of each event, and where its line begins.
///
/// A cache: everything in it follows from the segment. It is whole when its checksum is right; whether it is true of
/// the segment beside it, ``IndexStore`` looks at.
///
/// All numbers are little-endian. A header of ``headerBytes``; the types, each as a length of 4 bytes and its text; one
/// entry of ``entryBytes`` for each event, in the order of ids; the CRC-32C of all before it.
struct IndexFile: Equatable, Sendable {
    /// What the file begins with.
    static let magic: StaticString = "FALCNIDX"
    /// The version of the format; a file of any other is not used.
    static let version: UInt32 = 1
    /// The bytes before the types.
    static let headerBytes = 80
    /// The bytes of one event.
    static let entryBytes = 72
    /// The bytes of the checksum at the end.
    static let checksumBytes = 4

    /// The file's bytes.
    let bytes: [UInt8]
    /// What stands at the front of it.
    let header: Header
    private let types: [EventType]
    private let entriesOffset: Int

    /// What tells whether an index belongs to a segment.
    struct Header: Equatable, Sendable {
        /// The first id that the segment may hold: its name.
        var segment: UInt64
        /// The size of the segment in bytes.
        var segmentBytes: Int
        /// How many lines it has, at least one.
        var lineCount: Int
        /// The ids of the first and the last line.
        var ids: ClosedRange<UInt64>
        /// The eight digits of the first line's checksum.
        var firstChecksum: UInt64
        /// The eight digits of the last line's checksum.
        var lastChecksum: UInt64
        /// The bytes of all types.
        var typesBytes: Int

        /// The bytes of the whole file.
        var fileBytes: Int { headerBytes + typesBytes + lineCount * entryBytes + checksumBytes }
    }

    /// An index as it was just made.
    init(bytes: [UInt8], header: Header, types: [EventType]) {
        self.bytes = bytes
        self.header = header
        self.types = types
        entriesOffset = Self.headerBytes + header.typesBytes
    }

    /// Takes the bytes of a file; `nil` when they are not a whole index of this version.
    init?(_ bytes: [UInt8]) {
        guard let header = Header(bytes), header.fileBytes == bytes.count,
            Self.checksum(of: bytes, upTo: bytes.count - Self.checksumBytes)
                == bytes.number(at: bytes.count - Self.checksumBytes, UInt32.self),
            let types = Self.types(in: bytes, header)
        else { return nil }
        self.init(bytes: bytes, header: header, types: types)
        guard entriesAreInOrder else { return nil }
    }

    /// The CRC-32C of the first bytes.
    static func checksum(of bytes: [UInt8], upTo end: Int) -> UInt32 {
        var checksum = CRC32C()
        unsafe bytes.withUnsafeBytes { unsafe checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
        return checksum.value
    }

    private static func types(in bytes: [UInt8], _ header: Header) -> [EventType]? {
        var types: [EventType] = []
        var position = headerBytes
        let end = headerBytes + header.typesBytes
        while position < end {
            guard end - position >= 4 else { return nil }
            let count = Int(bytes.number(at: position, UInt32.self))
            guard count <= end - position - 4 else { return nil }
            types.append(EventType(interning: bytes[position + 4..<position + 4 + count]))
            position += 4 + count
        }
        return types
    }

    /// Whether ids and offsets rise within the segment and every type is there: a right checksum over wrong numbers
    /// would be a bug of ours, and must not lead astray or stop the process.
    private var entriesAreInOrder: Bool {
        var lastID = header.ids.lowerBound - 1
        var end = 0
        for number in 0..<header.lineCount {
            let (id, offset, type) = place(number)
            guard id > lastID, number == 0 ? offset == 0 : offset >= end, offset < header.segmentBytes,
                type < types.count
            else { return false }
            (lastID, end) = (id, offset + LineFormat.lineBytesMin)
        }
        return firstID == header.ids.lowerBound && lastID == header.ids.upperBound && end <= header.segmentBytes
    }

    private var firstID: UInt64 { place(0).id }

    private func place(_ number: Int) -> (id: UInt64, offset: Int, type: Int) {
        let start = entriesOffset + number * Self.entryBytes
        return (
            bytes.number(at: start, UInt64.self),
            Int(clamping: bytes.number(at: start + 8, UInt64.self)),
            Int(bytes.number(at: start + 64, UInt32.self))
        )
    }

    /// Where a line begins and ends in the segment; lines are counted from 0.
    func range(ofLine number: Int) -> Range<Int> {
        let isLast = number == header.lineCount - 1
        return place(number).offset..<(isLast ? header.segmentBytes : place(number + 1).offset)
    }

    /// Calls `body` with every event in order.
    func forEach(_ body: (EventSummary) -> Void) {
        for number in 0..<header.lineCount { body(summary(number)) }
    }

    private func summary(_ number: Int) -> EventSummary {
        let start = entriesOffset + number * Self.entryBytes
        let (id, _, type) = place(number)
        func word(_ offset: Int) -> UInt64 { bytes.number(at: start + offset, UInt64.self) }
        let flags = bytes.number(at: start + 68, UInt32.self)
        return EventSummary(
            id: id,
            type: types[type],
            time: WallTime(microseconds: Int64(bitPattern: word(16))),
            request: flags & Flag.request == 0 ? nil : EventKey(high: word(24), low: word(32)),
            submission: flags & Flag.submission == 0 ? nil : EventKey(high: word(40), low: word(48)),
            fingerprint: word(56)
        )
    }

    /// The segment as the catalog has it.
    var segment: Segment {
        var segment = Segment(name: SegmentName(first: header.segment))
        for number in 0..<header.lineCount {
            let start = entriesOffset + number * Self.entryBytes
            let time = WallTime(microseconds: Int64(bitPattern: bytes.number(at: start + 16, UInt64.self)))
            segment.add(id: place(number).id, count: range(ofLine: number).count, time: time)
        }
        return segment
    }

    /// What an entry has.
    enum Flag {
        static let request: UInt32 = 1
        static let submission: UInt32 = 2
    }
}

extension IndexFile.Header {
    /// Reads the front of a file; `nil` when it is not that of an index of this version.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= IndexFile.headerBytes,
            unsafe bytes.withUnsafeBytes({ unsafe $0.holds(IndexFile.magic, at: 0) }),
            bytes.number(at: 8, UInt32.self) == IndexFile.version,
            bytes.number(at: 12, UInt32.self) == UInt32(IndexFile.entryBytes),
            let segmentBytes = Int(exactly: bytes.number(at: 24, UInt64.self)),
            let lineCount = Int(exactly: bytes.number(at: 32, UInt64.self)),
            let typesBytes = Int(exactly: bytes.number(at: 72, UInt64.self)),
            // No line is shorter, and every type stands in a line, where a byte that is no UTF-8 reads as three: so
            // nothing below can overflow, and nobody is made to read much more than the segment has.
            (0..<1 << 56).contains(segmentBytes),
            (1...max(1, segmentBytes / LineFormat.lineBytesMin)).contains(lineCount),
            (0...3 * segmentBytes + 4 * lineCount).contains(typesBytes)
        else { return nil }
        let first = bytes.number(at: 40, UInt64.self)
        let last = bytes.number(at: 48, UInt64.self)
        guard first > 0, first <= last, last <= LineFormat.sequenceMax else { return nil }
        segment = bytes.number(at: 16, UInt64.self)
        self.segmentBytes = segmentBytes
        self.lineCount = lineCount
        self.typesBytes = typesBytes
        ids = first...last
        firstChecksum = bytes.number(at: 56, UInt64.self)
        lastChecksum = bytes.number(at: 64, UInt64.self)
    }

    /// Appends the front of a file.
    func append(to bytes: inout [UInt8]) {
        bytes.append(IndexFile.magic)
        bytes.append(number: IndexFile.version)
        bytes.append(number: UInt32(IndexFile.entryBytes))
        for number in [
            segment, UInt64(segmentBytes), UInt64(lineCount), ids.lowerBound, ids.upperBound, firstChecksum,
            lastChecksum, UInt64(typesBytes),
        ] {
            bytes.append(number: number)
        }
    }
}

extension [UInt8] {
    /// The little-endian number at an offset, which must be inside.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _: Number.Type) -> Number {
        unsafe withUnsafeBytes {
            unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }

    /// Appends a number, little-endian.
    mutating func append(number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }
}
