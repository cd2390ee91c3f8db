import Posix

/// A segment as far as it is durable.
struct Segment: Equatable, Sendable {
    let name: SegmentName
    /// How many bytes of it are durable.
    var bytes = 0
    /// The ids of its first and last event; `nil` while it has none.
    var ids: ClosedRange<UInt64>?
    var index = SegmentIndex()

    /// Takes note of a line that is durable now.
    mutating func add(id: UInt64, count: Int, time: WallTime) {
        index.add(id: id, offset: bytes, time: time)
        ids = (ids?.lowerBound ?? id)...id
        bytes += count
    }
}

/// What is durable: the segments in order, and the last id that was given.
///
/// The journal thread alone changes it, once for each batch; readers look something up and are gone.
struct Catalog: Sendable {
    /// In the order of names; the last one is being written to.
    private(set) var segments: [Segment]
    /// The last id that was given to an event that is durable, or skipped for good.
    private(set) var last: UInt64
    /// The bytes of all segments together.
    private(set) var bytes: Int

    init(segments: [Segment], last: UInt64) {
        self.segments = segments
        self.last = last
        bytes = segments.reduce(0) { $0 + $1.bytes }
    }

    /// The id of the first event there is; `last + 1` when there is none.
    var first: UInt64 {
        segments.lazy.compactMap(\.ids).first?.lowerBound ?? last + 1
    }

    /// Begins a segment.
    ///
    /// - Returns: The one before it, which is sealed by that.
    @discardableResult
    mutating func append(_ name: SegmentName) -> SegmentName? {
        let sealed = segments.last?.name
        segments.append(Segment(name: name))
        return sealed
    }

    /// Takes note of a batch that is durable now, in the last segment.
    mutating func commit(_ lines: [CommittedLine]) {
        for line in lines {
            segments[segments.count - 1].add(id: line.id, count: line.bytes, time: line.time)
            last = line.id
            bytes += line.bytes
        }
    }

    /// Forgets the oldest segment, if these are its ids and it is not the last one.
    mutating func removeFirst(_ ids: ClosedRange<UInt64>) {
        guard segments.count > 1, segments[0].ids == ids else { return }
        bytes -= segments[0].bytes
        segments.removeFirst()
    }

    /// Where to begin to look for the event behind `id`; `nil` when there is no later event.
    func place(behind id: UInt64) -> (name: SegmentName, offset: Int)? {
        // Only the last one can be empty, so ids rise from segment to segment.
        let index = segments.partitioningIndex { $0.ids.map { $0.upperBound > id } ?? true }
        guard index < segments.endIndex, case let segment = segments[index], segment.ids != nil else { return nil }
        return (segment.name, segment.index.offset(behind: id))
    }

    /// Where to begin to look for the first event of a time or later; `nil` when there is none.
    func place(atOrAfter time: WallTime) -> (name: SegmentName, block: SegmentIndex.Block)? {
        for segment in segments {
            if let block = segment.index.block(atOrAfter: time) { return (segment.name, block) }
        }
        return nil
    }

    /// How many bytes come behind a place.
    func bytes(behind offset: Int, in name: SegmentName) -> Int {
        let index = segments.partitioningIndex { $0.name >= name }
        let later = segments[index...].reduce(0) { $0 + $1.bytes }
        return index < segments.endIndex && segments[index].name == name ? max(0, later - offset) : later
    }

    /// What a reader in a segment needs to know; `nil` when the segment is gone.
    func view(of name: SegmentName) -> View? {
        let index = segments.partitioningIndex { $0.name >= name }
        guard index < segments.endIndex, segments[index].name == name else { return nil }
        let next = index + 1 < segments.count ? segments[index + 1].name : nil
        return View(bytes: segments[index].bytes, next: next, lastID: segments[index].ids?.upperBound, last: last)
    }

    /// A segment at one moment.
    struct View {
        /// How many bytes of it are durable.
        let bytes: Int
        /// The one behind it; if there is one, `bytes` does not grow any more.
        let next: SegmentName?
        /// The id of its last event, if it has one.
        let lastID: UInt64?
        /// The last id in the journal.
        let last: UInt64
    }
}

/// A line that was written and synchronized.
struct CommittedLine: Sendable {
    let id: UInt64
    let bytes: Int
    let time: WallTime
}
