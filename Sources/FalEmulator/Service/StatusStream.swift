internal import HTTPServer

/// One client that watches a request's status: what it has seen, and when it needs a sign of life.
struct StatusStream: Sendable {
    /// Where the events are written.
    let stream: ResponseStream
    /// The request.
    let requestID: String
    /// Scheme and authority of the URLs in the events.
    let baseURL: String
    /// Whether the events carry logs.
    let hasLogs: Bool
    /// When the next comment is due, in microseconds since 1970.
    var pingAt: Int64
    /// How many lines of the log were sent.
    var logLinesSent = 0
    /// The status and the position that were sent last.
    var lastSent: String?

    /// Ends it, whatever it has seen.
    func finish() {
        stream.finish()
    }
}

/// What is to be written to one stream.
struct StreamWrite: Sendable {
    /// Where to.
    let stream: ResponseStream
    /// The events and comments.
    var bytes: [UInt8]
    /// Whether nothing follows.
    var isLast: Bool

    /// Writes it; a client that is gone or takes nothing is given up.
    func perform() -> Bool {
        let isWritten = bytes.isEmpty || stream.write(bytes) == .written
        if isLast || !isWritten {
            stream.finish()
        }
        return isWritten
    }

    /// One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    static func event(_ json: [UInt8]) -> [UInt8] {
        Array("data: ".utf8) + json + Array("\n\n".utf8)
    }

    /// The comment that fal sends on a silent stream.
    static let ping = Array(": ping\n\n".utf8)
}
