import FalQueue

/// Where a request is found: below its app, not below the whole endpoint (fal.ai/docs/inference-api/queue/submit).
struct RequestURLs: Equatable, Sendable {
    /// The result.
    let response: String
    /// The status.
    let status: String
    /// The cancellation.
    let cancel: String

    /// The URLs of a request.
    ///
    /// - Parameters:
    ///   - baseURL: Scheme and authority, without a slash at the end.
    ///   - endpoint: The endpoint that it was posted to.
    ///   - requestID: Its id.
    init(baseURL: String, endpoint: EndpointID, requestID: String) {
        response = baseURL + endpoint.requestPath(requestID)
        status = response + "/status"
        cancel = response + "/cancel"
    }

    /// The members of a status, in fal's order.
    var members: [(String, JSONTree)] {
        [("response_url", .string(response)), ("status_url", .string(status)), ("cancel_url", .string(cancel))]
    }
}

/// The answer to a submission: eight members in the order that was seen in fal's.
struct SubmitAnswer: Equatable, Sendable {
    /// The request's id.
    let requestID: String
    /// Where it is found.
    let urls: RequestURLs
    /// How many requests are ahead of it.
    let queuePosition: Int

    /// The body.
    var body: [UInt8] {
        let view = StatusView(requestID: requestID, status: .inQueue, queuePosition: queuePosition, log: [])
        return view.body(urls: urls, logs: nil)
    }
}
