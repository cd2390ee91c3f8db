/// Bytes that a client has not taken yet: whole lines, of which the first may be half sent.
struct OutputBuffer {
    private var bytes: [UInt8] = []
    private var head = 0
    private var startsInsideLine = false

    /// How many bytes wait.
    var count: Int { bytes.count - head }
    /// Whether nothing waits.
    var isEmpty: Bool { count == 0 }

    /// Adds whole lines.
    mutating func append(_ lines: [UInt8]) {
        compact()
        bytes.append(contentsOf: lines)
    }

    /// Takes over what is left of lines whose beginning is already sent; nothing else may be waiting.
    mutating func keepRest(of lines: [UInt8], from offset: Int) {
        precondition(isEmpty, "bytes would be sent out of order")
        bytes = Array(lines[offset...])
        head = 0
        startsInsideLine = offset > 0 && lines[offset - 1] != 0x0A
    }

    /// Calls `body` with what waits.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(bytes.span.extracting(head..<bytes.count))
    }

    /// Drops what was sent from the front.
    mutating func drop(_ sent: Int) {
        head += sent
        if head == bytes.count {
            // Most clients are never behind; the memory is for those that are.
            self = OutputBuffer()
        } else if sent > 0 {
            startsInsideLine = bytes[head - 1] != 0x0A
        }
    }

    /// Leaves out the events that are not begun, so that a client that is to go can be told so at the next line's end.
    ///
    /// - Returns: The id of the first event that was left out.
    mutating func dropUnsentEvents() -> UInt64? {
        var kept: [UInt8] = []
        var firstDropped: UInt64?
        var start = head
        if startsInsideLine, let rest = JournalLines.next(in: bytes, from: start) {
            kept.append(contentsOf: bytes[rest])
            start = rest.upperBound
        }
        while let line = JournalLines.next(in: bytes, from: start) {
            if let id = JournalLines.id(in: bytes, at: line.lowerBound) {
                firstDropped = firstDropped ?? id
            } else if firstDropped == nil || !Frames.isAboutPosition(bytes[line]) {
                kept.append(contentsOf: bytes[line])
            }
            start = line.upperBound
        }
        bytes = kept
        head = 0
        return firstDropped
    }

    private mutating func compact() {
        guard head > 0 else { return }
        if head > bytes.count / 2 {
            bytes.removeSubrange(..<head)
            head = 0
        }
    }
}
