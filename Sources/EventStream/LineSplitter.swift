import Glibc

/// Cuts a stream of bytes into lines, and holds no more than one line and what came with it.
struct LineSplitter {
    /// What the bytes so far hold.
    enum Next: Equatable {
        /// A whole line, without its line feed and a carriage return before it.
        case line([UInt8])
        /// The bytes of no line feed yet.
        case incomplete
        /// A line of more bytes than allowed; there is no going on.
        case tooLong
    }

    /// The most bytes of a line, its line feed not counted.
    let lineBytesMax: Int

    private var bytes: [UInt8] = []
    private var start = 0
    /// Up to here there is no line feed, so that a line that comes in pieces is searched once.
    private var searched = 0

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// How many bytes are held.
    var count: Int { bytes.count - start }

    /// Adds bytes that came in.
    mutating func append(_ new: ArraySlice<UInt8>) {
        if start > bytes.count / 2 {
            bytes.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Takes the next line out.
    mutating func next() -> Next {
        guard let end = lineFeed() else {
            searched = bytes.count
            return count > lineBytesMax ? .tooLong : .incomplete
        }
        guard end - start <= lineBytesMax else { return .tooLong }
        let line = Self.withoutCarriageReturn(bytes[start..<end])
        start = end + 1
        searched = start
        // A thousand clients that once sent a long line, and are silent since, hold no memory for it.
        if start == bytes.count { removeAll() }
        return .line(line)
    }

    /// Takes what is left when no more bytes will come; nil when nothing is.
    mutating func takeRest() -> [UInt8]? {
        guard count > 0 else { return nil }
        let line = Self.withoutCarriageReturn(bytes[start...])
        removeAll()
        return line
    }

    /// Drops everything.
    mutating func removeAll() {
        bytes = []
        start = 0
        searched = 0
    }

    private func lineFeed() -> Int? {
        unsafe bytes.withUnsafeBytes { buffer in
            guard searched < buffer.count, let base = buffer.baseAddress else { return nil }
            let found = unsafe memchr(base + searched, 0x0A, buffer.count - searched)
            return unsafe found.map { unsafe UnsafeRawPointer($0) - base }
        }
    }

    private static func withoutCarriageReturn(_ line: ArraySlice<UInt8>) -> [UInt8] {
        Array(line.last == 0x0D ? line.dropLast() : line)
    }
}
