import EventStream
import Posix
import Threading

/// A journal in memory: lines of the journal's form, of which the first may be dropped as retention does.
final class MemoryLog: EventLog {
    struct Contents {
        var first: UInt64 = 1
        var lines: [[UInt8]] = []
        var isBroken = false
        var damaged: ClosedRange<UInt64>?
        /// How often lines were read.
        var reads = 0

        var last: UInt64 { first + UInt64(lines.count) - 1 }
    }

    let source = "urn:uuid:00000000-0000-7000-8000-000000000001"
    let contents = Monitor(Contents())

    init(count: Int = 0) {
        append(count)
    }

    var bounds: EventLogBounds { contents.withLock { EventLogBounds(first: $0.first, last: $0.last) } }

    /// The lines with these ids, as they should arrive.
    func text(_ ids: ClosedRange<UInt64>) -> [String] {
        contents.withLock { contents in
            ids.map { String(decoding: contents.lines[Int($0 - contents.first)].dropLast(), as: UTF8.self) }
        }
    }

    func append(_ count: Int, type: String? = nil, endpoint: String = "xai/video", tag: String = "t", padding: Int = 0)
    {
        contents.withLock { contents in
            for _ in 0..<count {
                let id = contents.last + 1
                let type = type ?? (id.isMultiple(of: 10) ? "fal.request.failed" : "fal.request.succeeded")
                let time = WallTime(microseconds: Int64(id) * 1_000_000).rfc3339
                let data = String(repeating: "x", count: padding)
                let line =
                    #"{"specversion":"1.0","id":"\#(id)","source":"\#(source)","type":"\#(type)","subject":"r-\#(id)","#
                    + #""time":"\#(time)","submission":"s-\#(id % 7)","endpoint":"\#(endpoint)","origin":"webhook","#
                    + #""tag":"\#(tag)","data":{"type":"no.type","n":\#(id),"p":"\#(data)"},"crc32c":"00000000"}"#
                contents.lines.append(Array(line.utf8) + [0x0A])
            }
        }
    }

    func prune(_ count: Int) {
        contents.withLock { contents in
            contents.lines.removeFirst(count)
            contents.first += UInt64(count)
        }
    }

    func cursor(after id: UInt64) throws(EventLogError) -> any EventCursor {
        if id + 1 < bounds.first { throw EventLogError(.pruned, reason: "test") }
        return MemoryCursor(log: self, lastID: id)
    }

    func cursor(from time: WallTime) throws(EventLogError) -> any EventCursor {
        let (first, last) = contents.withLock { ($0.first, $0.last) }
        let id = UInt64(max(0, (time.microseconds + 999_999) / 1_000_000))
        return MemoryCursor(log: self, lastID: min(max(id, first), last + 1) - 1)
    }
}

final class MemoryCursor: EventCursor {
    let log: MemoryLog
    private(set) var lastID: UInt64

    init(log: MemoryLog, lastID: UInt64) {
        self.log = log
        self.lastID = lastID
    }

    var place: EventPlace { EventPlace(lastID: lastID, file: 1, offset: 0) }

    func go(to place: EventPlace) {
        lastID = place.lastID
    }

    var bytesLeft: Int {
        log.contents.withLock { contents in
            contents.lines.dropFirst(Int(max(lastID + 1, contents.first) - contents.first)).reduce(0) { $0 + $1.count }
        }
    }

    func read(into buffer: inout [UInt8], limit: Int) throws(EventLogError) -> EventRead {
        let (position, start) = (lastID, buffer.count)
        if let damaged = log.contents.withLock({ $0.damaged }), damaged.lowerBound == position + 1 {
            lastID = damaged.upperBound
            return .gap(damaged)
        }
        let (bytes, last) = try log.contents.withLock { (contents) throws(EventLogError) -> ([UInt8], UInt64) in
            if contents.isBroken { throw EventLogError(.unreadable, reason: "test") }
            if position + 1 < contents.first { throw EventLogError(.pruned, reason: "test") }
            var bytes: [UInt8] = []
            var next = Int(position + 1 - contents.first)
            let end = contents.damaged.map { Int($0.lowerBound - contents.first) }.flatMap { $0 > next ? $0 : nil }
            while next < min(contents.lines.count, end ?? .max),
                bytes.isEmpty || bytes.count + contents.lines[next].count <= limit
            {
                bytes += contents.lines[next]
                next += 1
            }
            if !bytes.isEmpty { contents.reads += 1 }
            return (bytes, contents.first + UInt64(next) - 1)
        }
        buffer += bytes
        lastID = last
        return buffer.count > start ? .lines : .durableEnd
    }
}
