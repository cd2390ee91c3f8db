import Posix

/// A line in a request's log.
struct LogLine: Equatable, Sendable {
    /// When, in microseconds since 1970.
    let time: Int64
    /// What.
    let message: String

    /// A time as RFC 3339 has it, in UTC.
    static func text(_ time: Int64) -> String { WallTime(microseconds: time).rfc3339 }

    /// As it stands in a status: a real one has a time without zone and empty `labels`.
    var json: JSONTree {
        .object([
            ("timestamp", .string(String(Self.text(time).dropLast()))),
            ("message", .string(message)),
            ("labels", .object([])),
        ])
    }
}
