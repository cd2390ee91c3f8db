package import HTTPClient

/// fal's synchronous endpoint: one request that stays open until the model is done (https://fal.ai/docs/model-endpoints/synchronous-requests).
package enum SynchronousRun: Sendable, Hashable {
    /// The model, or fal, has answered.
    case answered(QueueResult)
    /// fal certainly does not have it.
    case notSent(SubmitFailure)
    /// fal may have it, and may have been paid for it.
    case uncertain(SubmitFailure)

    /// Sends a request once and waits for its result.
    ///
    /// - Parameters:
    ///   - request: What to run; where fal calls back is not sent.
    ///   - url: Where the synchronous endpoint is.
    ///   - key: Who pays.
    ///   - transport: What sends; its time limit is how long the model may take.
    package init(_ request: SubmitRequest, at url: QueueURL, key: FalKey?, over transport: any HTTPTransport) {
        var request = request
        request.webhookURL = nil
        do {
            let response = try transport.send(request.httpRequest(to: url, key: key))
            self = .answered(
                QueueResult(
                    status: response.status,
                    body: response.body,
                    requestID: response.headers["X-Fal-Request-Id"]
                )
            )
        } catch {
            let failure = SubmitFailure(
                code: error.kind.rawValue,
                message: oneLine(error.detail, charactersMax: FalError.messageCharactersMax),
                status: nil
            )
            self = error.requestState == .certainlyNotSent ? .notSent(failure) : .uncertain(failure)
        }
    }
}
