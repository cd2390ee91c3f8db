import Posix

@testable import Journal

/// Segments as crashes, bad disks and mistakes leave them, by the fuzzer's decisions.
///
/// Bytes alone would hardly ever hold a line with the right checksum, so the fuzzer says what to put together.
struct SegmentScript {
    /// The first id of each segment's name, and its bytes.
    private(set) var segments: [(first: UInt64, bytes: [UInt8])] = []

    /// The most bytes that are put together.
    private static let bytesMax = 32 << 10
    private static let sectorBytes = 512

    private var first: UInt64 = 1
    private var bytes: [UInt8] = []
    private var nextID: UInt64 = 1
    private var total = 0

    init(_ feed: inout ByteFeed) {
        while !feed.isEmpty, total + bytes.count < Self.bytesMax { step(&feed) }
        segments.append((first, bytes))
    }

    private mutating func step(_ feed: inout ByteFeed) {
        switch feed.byte() % 16 {
        case 0: add(padding: Int(feed.byte()))
        case 1: add(padding: Int(feed.byte()) * 8)
        case 2:
            nextID += UInt64(feed.byte() % 8)
            add(padding: 0)
        case 3:
            nextID -= min(nextID - 1, UInt64(feed.byte() % 4))
            add(padding: 0)
        case 4: bytes += feed.bytes()
        case 5: bytes += [UInt8](repeating: 0, count: toSector + Self.sectorBytes * Int(feed.byte() % 3))
        case 6:
            let line = takeLine(padding: Int(feed.byte()))
            bytes += line.prefix(feed.number(below: line.count))
        case 7:
            var line = takeLine(padding: Int(feed.byte()))
            line[feed.number(below: line.count)] ^= max(1, feed.byte())
            bytes += line
        case 8: bytes += takeLine(padding: Int(feed.byte())).dropLast()
        case 9: addToSectorEnd()
        case 10: endSegment()
        case 11: loseSector(Int(feed.byte()))
        case 12: bytes.append(0x0A)
        case 13: repeatBytes(feed.number(below: bytes.count), count: Int(feed.byte()) * 4)
        case 14: bytes.removeLast(min(bytes.count, Int(feed.byte())))
        default: bytes += Array(#"{"specversion":"1.0","id":""#.utf8) + feed.bytes()
        }
    }

    private var toSector: Int { (Self.sectorBytes - bytes.count % Self.sectorBytes) % Self.sectorBytes }

    private mutating func add(padding: Int) {
        bytes += takeLine(padding: padding)
    }

    /// A line whose end is that of a sector, so that the next one begins with one.
    private mutating func addToSectorEnd() {
        let plain = Self.line(id: nextID, padding: 0).count
        bytes += takeLine(padding: (2 * Self.sectorBytes + toSector - plain % Self.sectorBytes) % Self.sectorBytes)
    }

    private mutating func endSegment() {
        guard nextID > first else { return }
        segments.append((first, bytes))
        total += bytes.count
        bytes = []
        first = nextID
    }

    private mutating func loseSector(_ number: Int) {
        let count = bytes.count / Self.sectorBytes
        guard count > 0 else { return }
        let start = number % count * Self.sectorBytes
        bytes.replaceSubrange(start..<start + Self.sectorBytes, with: repeatElement(0, count: Self.sectorBytes))
    }

    private mutating func repeatBytes(_ start: Int, count: Int) {
        bytes += bytes[start..<min(bytes.count, start + count)]
    }

    private mutating func takeLine(padding: Int) -> [UInt8] {
        defer { nextID += 1 }
        return Self.line(id: nextID, padding: padding)
    }

    private static func line(id: UInt64, padding: Int) -> [UInt8] {
        var draft = EventDraft(
            type: id.isMultiple(of: 2) ? .requestSucceeded : .submissionCreated,
            time: WallTime(microseconds: 1_763_821_020_000_000 + Int64(id)),
            data: EventData(Array("\"\(String(repeating: "x", count: padding))\"".utf8))
        )
        draft.subject = "request-\(id)"
        var line: [UInt8] = []
        EncodedEvent(draft, source: sampleSource).appendLine(id: id, to: &line)
        return line
    }
}

let sampleSource = "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001"
