import Glibc
import Posix

/// One keep-alive connection of a load: what it still has to send, and what has come back so far.
///
/// A value without I/O of its own: ``Load`` moves the bytes.
struct LoadConnection {
    /// What has happened to the answer so far.
    enum Progress: Equatable {
        case incomplete
        case answered(status: Int, body: [UInt8], isLast: Bool)
        case malformed
    }

    var descriptor: Int32 = -1
    var outgoing: ArraySlice<UInt8> = []
    var delivery: Int?
    var startedAt: ContinuousClock.Instant = .now
    private var incoming: [UInt8] = []

    /// Takes in bytes of the answer.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> Progress {
        incoming += bytes
        guard let head = AnswerHead(incoming) else {
            return incoming.count > Self.headBytesMax ? .malformed : .incomplete
        }
        guard let status = head.status, let length = head.contentLength else { return .malformed }
        guard incoming.count >= head.end + length else { return .incomplete }
        let body = Array(incoming[head.end..<head.end + length])
        if incoming.count == head.end + length {
            incoming.removeAll(keepingCapacity: true)
        } else {
            incoming.removeFirst(head.end + length)
        }
        return .answered(status: status, body: body, isLast: head.closes)
    }

    private static let headBytesMax = 65_536
}

/// The head of an answer, looked through once: a load must cost less than what it loads.
private struct AnswerHead {
    /// Where the body begins.
    var end = 0
    var status: Int?
    var contentLength: Int?
    var closes = false

    /// The head, if all of it is there.
    init?(_ bytes: [UInt8]) {
        var start = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            let line = bytes[start..<(index > start && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index)]
            if line.isEmpty {
                end = index + 1
                return
            }
            if start == 0 {
                status = Self.status(line)
            } else {
                read(line)
            }
            start = index + 1
        }
        return nil
    }

    private static func status(_ line: ArraySlice<UInt8>) -> Int? {
        guard line.starts(with: "HTTP/1.1 ".utf8), line.count >= 12 else { return nil }
        return number(line.dropFirst(9).prefix(3))
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        switch line.first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "c"):
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
            let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
            let name = line[..<colon]
            if Self.matches(name, "content-length") { contentLength = Self.number(value) }
            if Self.matches(name, "connection") { closes = Self.matches(value, "close") }
        default: break
        }
    }

    private static func matches(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        let text = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes.count == text.count else { return false }
        return unsafe zip(bytes, text).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count < 16 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
