import Glibc

/// Reads what a subscriber is given, in pieces of any size, and checks that every event comes once and in order; a value.
struct EventAudit: Sendable {
    private static let eventHead = Array(#"{"specversion":"1.0","id":""#.utf8)
    /// Bytes of a line's beginning that are looked at: the head of an event, and a number of 16 digits.
    private static let headBytes = 48

    /// The id of the last event.
    private(set) var last: UInt64
    /// How many events came.
    private(set) var events = 0
    /// How many bytes came.
    private(set) var bytes = 0
    /// How many lines were not what had to come next: an event out of order, a gap, an error.
    private(set) var violations = 0
    /// Whether `caught_up` was said.
    private(set) var hasCaughtUp = false
    /// Whether ids have to rise by one; a filter leaves some out.
    private let isWhole: Bool
    private var head: [UInt8] = []

    /// Expects the events behind that id.
    init(after id: UInt64, isWhole: Bool = true) {
        last = id
        self.isWhole = isWhole
    }

    /// Takes in the first bytes of a buffer.
    mutating func take(_ buffer: [UInt8], count: Int) {
        bytes += count
        var start = 0
        while start < count {
            let end = Self.lineFeed(in: buffer, from: start, to: count)
            let stop = end ?? count
            if head.isEmpty, end != nil {
                judge(buffer[start..<stop])
            } else {
                head.append(contentsOf: buffer[start..<min(stop, start + Self.headBytes - head.count)])
                if end != nil {
                    judge(head[...])
                    head.removeAll(keepingCapacity: true)
                }
            }
            start = stop + 1
        }
    }

    private mutating func judge(_ line: ArraySlice<UInt8>) {
        guard line.starts(with: Self.eventHead) else {
            if line.starts(with: #"{"frame":"caught_up""#.utf8) { hasCaughtUp = true }
            let isHarmless = [#"{"frame":"hello""#, #"{"frame":"caught_up""#, #"{"frame":"heartbeat""#]
                .contains { line.starts(with: $0.utf8) }
            if !isHarmless, !line.starts(with: #"{"frame":"position""#.utf8) { violations += 1 }
            return
        }
        var id: UInt64 = 0
        for byte in line.dropFirst(Self.eventHead.count) {
            guard case let digit = byte &- UInt8(ascii: "0"), digit < 10 else { break }
            id = id &* 10 &+ UInt64(digit)
        }
        if isWhole ? id != last + 1 : id <= last { violations += 1 }
        last = id
        events += 1
    }

    private static func lineFeed(in buffer: [UInt8], from start: Int, to end: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let found = unsafe memchr(base + start, 0x0A, end - start)
            return unsafe found.map { unsafe UnsafeRawPointer($0) - base }
        }
    }
}
