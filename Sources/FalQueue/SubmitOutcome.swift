package import HTTPClient

/// What is known after one attempt to submit.
package enum SubmitOutcome: Sendable, Hashable {
    /// fal took it.
    case accepted(SubmitAnswer)
    /// fal answered no.
    case refused(SubmitRefusal)
    /// fal certainly does not have it: it can be sent again.
    case notSent(reason: SubmitFailure)
    /// fal may have it: sending it again may pay twice.
    case uncertain(reason: SubmitFailure)
}

/// A submission that fal answered with no.
package struct SubmitRefusal: Sendable, Hashable {
    /// The HTTP status, 3xx, 4xx or 503.
    package let status: Int
    /// What fal said.
    package let error: FalError
    /// The body as it came.
    package let body: [UInt8]
    /// How long fal asks to wait, in seconds, at most ``retryAfterSecondsMax``.
    package let retryAfterSeconds: Int?
    /// Whether the same submission may be taken later; it was not taken now.
    package let isRetryable: Bool

    /// The longest wait that is believed: an hour.
    package static let retryAfterSecondsMax = 3600

    /// Whether it says nothing about the submission, only about who sends it.
    ///
    /// The key is not known, may not do this, or its account is locked, mostly for want of balance: 403 with "User is
    /// locked. Reason: Exhausted balance." is what users report.
    package var isOfKey: Bool { status == 401 || status == 403 }

    /// One line for people.
    package var message: String {
        let said = error.message ?? "no reason was given"
        return switch status {
        case 300..<400:
            "fal answered with a redirect (HTTP \(status)), which is not followed with a key; check the queue's URL"
        case 401: "fal refused the key (HTTP 401): \(said)"
        case 403: "fal refused the key or its account (HTTP 403): \(said)"
        default: "fal refused the submission (HTTP \(status)): \(said)"
        }
    }
}

/// Why there is no answer that can be used.
package struct SubmitFailure: Sendable, Hashable {
    /// From a fixed list, fit for metrics: a ``HTTPClientError/Kind``, or `answer_unreadable`, or `server_error`.
    package let code: String
    /// One line for people; holds no key.
    package let message: String
    /// The status, when there was one.
    package let status: Int?
}

extension SubmitOutcome {
    /// Says what an attempt to submit came to.
    ///
    /// "Refused" needs an answer that rules out that a run was enqueued; whatever leaves a doubt is `uncertain`.
    package static func classify(_ result: Result<HTTPResponse, HTTPClientError>) -> SubmitOutcome {
        switch result {
        case .success(let response): classify(response)
        case .failure(let error): classify(error)
        }
    }

    private static func classify(_ error: HTTPClientError) -> SubmitOutcome {
        let failure = SubmitFailure(
            code: error.kind.rawValue,
            message: oneLine(error.detail, charactersMax: FalError.messageCharactersMax),
            status: nil
        )
        return switch error.requestState {
        case .certainlyNotSent: .notSent(reason: failure)
        case .mayHaveArrived: .uncertain(reason: failure)
        }
    }

    private static func classify(_ response: HTTPResponse) -> SubmitOutcome {
        let status = response.status
        switch status {
        case 200..<300:
            guard let answer = SubmitAnswer(body: response.body) else {
                return .uncertain(
                    reason: SubmitFailure(
                        code: "answer_unreadable",
                        message: "fal answered HTTP \(status) without a request id that can be read",
                        status: status
                    )
                )
            }
            return .accepted(answer)
        case 300..<408, 409..<500:
            return .refused(refusal(response, isRetryable: status == 425 || status == 429))
        // An answer that names a request was given after there was one.
        case 503 where retryAfter(response) != nil && response.headers["x-fal-request-id"] == nil:
            return .refused(refusal(response, isRetryable: true))
        default:
            let said = FalError.parse(response.body).message.map { ": \($0)" } ?? ""
            return .uncertain(
                reason: SubmitFailure(
                    code: "server_error",
                    message: "fal answered HTTP \(status)\(said); it may have taken the submission all the same",
                    status: status
                )
            )
        }
    }

    private static func refusal(_ response: HTTPResponse, isRetryable: Bool) -> SubmitRefusal {
        SubmitRefusal(
            status: response.status,
            error: FalError.parse(response.body),
            body: response.body,
            retryAfterSeconds: retryAfter(response),
            isRetryable: isRetryable
        )
    }

    /// `Retry-After` in its form of seconds (RFC 9110 §10.2.3); the form of a date is taken as not given.
    private static func retryAfter(_ response: HTTPResponse) -> Int? {
        guard let text = response.headers["Retry-After"], !text.isEmpty, text.utf8.count <= 9,
            text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let seconds = Int(text)
        else { return nil }
        return min(seconds, SubmitRefusal.retryAfterSecondsMax)
    }
}
