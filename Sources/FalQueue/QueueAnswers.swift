package import HTTPClient

/// What fal has stored as a request's result: the app's own status code and body.
package struct QueueResult: Sendable, Hashable {
    /// The app's status code: 200…299 for an output, 422 and others for an error.
    package let status: Int
    /// The body, byte for byte.
    package let body: [UInt8]
    /// The id that fal says this is the result of (`X-Fal-Request-Id`), if it does.
    package let requestID: String?

    /// Whether the body is the model's output.
    package var isSuccess: Bool { (200..<300).contains(status) }

    /// What the body says about a failure.
    package var error: FalError { FalError.parse(body) }
}

/// What fal answered to a cancellation (https://fal.ai/docs/inference-api/queue/cancel).
package enum CancelOutcome: String, Sendable, CaseIterable {
    /// It runs and was told to stop; whether it does is the app's choice, and its end is still to come.
    case requested
    /// It was still waiting and is out of the queue.
    case cancelled
    /// It had ended before.
    case alreadyCompleted
    /// fal does not know it.
    case notFound
}

/// Why a question about a request has no answer.
package enum QueueError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There was no HTTP answer.
    case transport(HTTPClientError.Kind, detail: String)
    /// fal does not know the request, or its result is gone.
    case notFound
    /// The run has not ended.
    case notReady
    /// fal refused the key: 401 or 403.
    case keyRefused(status: Int, FalError)
    /// Any other answer that does not fit, worth asking again where ``isRetryable`` says so.
    case unexpected(status: Int, FalError)
    /// An answer that should be readable and is not.
    case unreadable(status: Int)

    /// Whether asking the same again later can help.
    package var isRetryable: Bool {
        switch self {
        case .transport(let kind, _): kind != .badURL && kind != .badHeader && kind != .tooLarge && kind != .cancelled
        case .notReady: true
        case .notFound, .keyRefused: false
        case .unexpected(let status, _): status >= 500 || status == 408 || status == 429
        case .unreadable: true
        }
    }

    /// One line that says what happened.
    package var description: String {
        switch self {
        case .transport(_, let detail): "fal could not be reached: \(detail)"
        case .notFound: "fal does not know this request, or its result has expired"
        case .notReady: "the request has not ended yet"
        case .keyRefused(let status, let error):
            "fal refused the key (HTTP \(status)): \(error.message ?? "no reason was given")"
        case .unexpected(let status, let error):
            "fal answered HTTP \(status): \(error.message ?? "no reason was given")"
        case .unreadable(let status): "fal's answer (HTTP \(status)) cannot be read"
        }
    }
}
