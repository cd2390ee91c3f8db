package import HTTPServer
import JSONText

/// What the hook answers; the sender learns the status and no more.
package enum HookAnswer: Equatable {
    /// It is on disk.
    case stored(UInt64)
    /// It was on disk already.
    case duplicate(UInt64)
    /// Refused, for good or for now.
    case refused(status: Int)

    /// How long a sender is asked to wait before it tries again, seconds.
    static let retryAfterSeconds = 5

    /// The response for it.
    package var response: HTTPResponse {
        switch self {
        case .stored(let sequence): Self.answer(200, "stored", id: sequence)
        case .duplicate(let sequence): Self.answer(200, "duplicate", id: sequence)
        case .refused(let status): Self.answer(status, Self.word(status), headers: Self.headers(status))
        }
    }

    /// The answer to a method that a path does not have.
    static func notAllowed(_ allowed: String) -> HTTPResponse {
        answer(405, "method not allowed", headers: ["Allow": allowed])
    }

    /// The answer to `GET /healthz`: 200 once deliveries can be stored.
    static func health(_ health: Receiver.Health) -> HTTPResponse {
        health == .ready
            ? answer(200, health.rawValue) : answer(503, health.rawValue, headers: headers(503))
    }

    private static func headers(_ status: Int) -> HeaderFields {
        status == 503 || status == 429 ? ["Retry-After": "\(retryAfterSeconds)"] : HeaderFields()
    }

    private static func word(_ status: Int) -> String {
        switch status {
        case 400: "bad request"
        case 401: "unauthorized"
        case 404: "not found"
        case 429: "too many requests"
        default: "unavailable"
        }
    }

    private static func answer(
        _ status: Int,
        _ word: String,
        id: UInt64? = nil,
        headers: HeaderFields = HeaderFields()
    ) -> HTTPResponse {
        var writer = JSONObjectWriter()
        writer.member("status", word)
        writer.member("id", id.map { "\($0)" })
        var headers = headers
        headers.append("Content-Type", "application/json")
        return HTTPResponse(status: status, headers: headers, body: .bytes(writer.bytes))
    }
}
