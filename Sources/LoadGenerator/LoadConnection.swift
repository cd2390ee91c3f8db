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
        guard let headEnd = incoming.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return .incomplete }
        let head = String(decoding: incoming[..<headEnd], as: UTF8.self).lowercased()
        guard head.hasPrefix("http/1.1 "), let status = Int(head.dropFirst(9).prefix(3)) else { return .malformed }
        let lines = head.split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) }
        guard let length else { return .malformed }
        guard incoming.count >= headEnd + length else { return .incomplete }
        let body = Array(incoming[headEnd..<headEnd + length])
        incoming.removeFirst(headEnd + length)
        return .answered(status: status, body: body, isLast: lines.contains("connection: close"))
    }
}
