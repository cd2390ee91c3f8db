import Crypto
package import Posix

/// What the service has to know of an event to rebuild its state, without the event itself.
///
/// It is what a segment's index holds of each event. Everything in it follows from the event's line.
package struct EventSummary: Equatable, Sendable {
    /// The event's place in the journal.
    package var id: UInt64
    /// What happened.
    package var type: EventType
    /// When it was recorded.
    package var time: WallTime
    /// The id of fal's request, in short; `nil` where the event carries none.
    package var request: EventKey?
    /// Our own id of the submission; `nil` where the event carries none, or something else than a UUID.
    package var submission: EventKey?
    /// The first 64 bits of the SHA-256 of the data; 0 where there is none.
    package var fingerprint: UInt64

    /// Gathers what is known of an event.
    package init(
        id: UInt64,
        type: EventType,
        time: WallTime,
        request: EventKey?,
        submission: EventKey?,
        fingerprint: UInt64
    ) {
        self.id = id
        self.type = type
        self.time = time
        self.request = request
        self.submission = submission
        self.fingerprint = fingerprint
    }

    /// Reads a line.
    package init(_ line: EventLine) {
        var hasher = SHA256Hasher()
        self.init(line, &hasher)
    }

    /// Reads one of many lines.
    init(_ line: EventLine, _ hasher: inout SHA256Hasher) {
        self.init(
            id: line.id,
            type: line.type,
            time: line.time,
            request: line.requestKey(&hasher),
            submission: line.submissionKey,
            fingerprint: line.fingerprint(&hasher)
        )
    }

    /// The first 64 bits of the SHA-256 of an event's data.
    package static func fingerprint(of data: [UInt8]) -> UInt64 {
        SHA256.digest(data.span).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
