/// What fal is told about a submission besides the input, in headers and in the query.
///
/// The headers are those of https://fal.ai/docs/documentation/model-apis/common-parameters; what is nil or false is not sent.
package struct SubmitOptions: Sendable, Hashable {
    /// How urgent it is; fal lets a submission only be lowered.
    package enum Priority: String, Sendable, CaseIterable {
        case normal
        case low
    }

    /// Whether fal tries again by itself when a run fails for reasons of its infrastructure.
    package enum ServerRetry: Sendable {
        case asUsual
        case never
    }

    /// Whether fal keeps the input and the output after the short time that the result is there for.
    package enum PayloadStorage: Sendable {
        case asUsual
        case never
    }

    /// `X-Fal-Queue-Priority`.
    package var priority: Priority?
    /// How long it may take until the run starts, in seconds, more than ``startTimeoutSecondsMin``; after that it fails with 504.
    ///
    /// Sent as `X-Fal-Request-Start-Timeout` and under its older name `X-Fal-Request-Timeout`, which is what fal's own
    /// clients still send.
    package var startTimeoutSeconds: Double?
    /// `X-Fal-No-Retry`.
    package var serverRetry: ServerRetry = .asUsual
    /// How long generated files are kept, in seconds: `X-Fal-Object-Lifecycle-Preference`.
    package var filesExpireAfterSeconds: Int?
    /// Which runner is preferred: `X-Fal-Runner-Hint`, visible ASCII and at most ``runnerHintBytesMax`` bytes.
    package var runnerHint: String?
    /// `X-Fal-Store-IO`.
    package var payloadStorage: PayloadStorage = .asUsual
    /// The submission is refused with 429 when more than so many requests wait: `fal_max_queue_length`.
    package var queueLengthMax: Int?

    /// Headers that have no option of their own, see ``extraHeaderNames``.
    package var extraHeaders: [Header] = []

    /// The shortest start timeout: fal's clients refuse 1 second and less (`_headers.py` of fal-client).
    package static let startTimeoutSecondsMin = 1.0
    /// The longest start timeout: a day.
    package static let startTimeoutSecondsMax = 86_400.0
    /// The longest runner hint, in bytes.
    package static let runnerHintBytesMax = 256
    /// The longest that files can be asked to be kept: ten years, in seconds.
    package static let filesExpireAfterSecondsMax = 315_360_000

    /// Makes the options of a submission that asks for nothing special.
    package init() {}

    /// What cannot be sent, as `field` and the reason; empty when all is well.
    package var problems: [InputProblem] {
        var problems: [InputProblem] = []
        if let seconds = startTimeoutSeconds,
            !(seconds > Self.startTimeoutSecondsMin && seconds <= Self.startTimeoutSecondsMax)
        {
            problems.append(
                .error("start_timeout", "is out of range", allowed: "more than 1 and at most 86400 seconds")
            )
        }
        if let seconds = filesExpireAfterSeconds, !(1...Self.filesExpireAfterSecondsMax).contains(seconds) {
            problems.append(
                .error("lifecycle", "is out of range", allowed: "1 to \(Self.filesExpireAfterSecondsMax) seconds")
            )
        }
        if let hint = runnerHint,
            hint.isEmpty || hint.utf8.count > Self.runnerHintBytesMax
                || !hint.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f })
        {
            problems.append(
                .error("hint", "cannot be sent", allowed: "1 to \(Self.runnerHintBytesMax) characters of visible ASCII")
            )
        }
        if let length = queueLengthMax, length < 0 {
            problems.append(.error("max_queue_length", "is negative", allowed: "0 or more"))
        }
        return problems + headerProblems
    }

    /// The headers as name and value, in a fixed order.
    var headers: [(String, String)] {
        var headers: [(String, String)] = []
        if let priority {
            headers.append(("X-Fal-Queue-Priority", priority.rawValue))
        }
        if let startTimeoutSeconds {
            headers.append(("X-Fal-Request-Start-Timeout", "\(startTimeoutSeconds)"))
            headers.append(("X-Fal-Request-Timeout", "\(startTimeoutSeconds)"))
        }
        if serverRetry == .never {
            headers.append(("X-Fal-No-Retry", "1"))
        }
        if let filesExpireAfterSeconds {
            headers.append(
                ("X-Fal-Object-Lifecycle-Preference", #"{"expiration_duration_seconds": \#(filesExpireAfterSeconds)}"#)
            )
        }
        if let runnerHint {
            headers.append(("X-Fal-Runner-Hint", runnerHint))
        }
        if payloadStorage == .never {
            headers.append(("X-Fal-Store-IO", "0"))
        }
        headers += extraHeaders.map { ($0.name, $0.value) }
        return headers
    }
}
