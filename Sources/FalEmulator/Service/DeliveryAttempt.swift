internal import JSONText
internal import Posix

/// One try to deliver a webhook, as `GET /emulator/deliveries` shows it.
struct DeliveryAttempt: Sendable, Equatable {
    /// What became of it.
    enum Outcome: Sendable, Equatable {
        /// The receiver answered with this status.
        case answered(Int)
        /// There was no answer, for this reason.
        case failed(String)
        /// Nothing was sent, for this reason.
        case withheld(String)
    }

    /// The request.
    let requestID: String
    /// Where it went.
    let url: String
    /// Which try it was, from 1.
    let number: Int
    /// When it began, in microseconds since 1970.
    let startedAt: Int64
    /// When it was over.
    let endedAt: Int64
    /// What became of it.
    let outcome: Outcome
    /// When the next one follows; nil when this was the last.
    let nextAt: Int64?

    /// Whether the receiver took it.
    var isDelivered: Bool {
        if case .answered(let status) = outcome { (200..<300).contains(status) } else { false }
    }

    /// The attempt as JSON.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("request_id", requestID)
        writer.member("url", url)
        writer.member("attempt", number)
        writer.member("started_at", WallTime(microseconds: startedAt).rfc3339)
        writer.member("duration_ms", Int((endedAt - startedAt) / 1000))
        switch outcome {
        case .answered(let status): writer.member("status", status)
        case .failed(let reason): writer.member("error", reason)
        case .withheld(let reason): writer.member("withheld", reason)
        }
        writer.member("delivered", isDelivered)
        writer.member("next_at", nextAt.map { WallTime(microseconds: $0).rfc3339 })
        return writer.bytes
    }
}
