package import HTTPClient

/// A submission as it goes to fal.
package struct SubmitRequest: Sendable, Hashable {
    /// Which endpoint.
    package var endpoint: EndpointID
    /// The input, one JSON object, sent byte for byte.
    package var input: [UInt8]
    /// Where fal calls back; nil for a submission that is only polled.
    package var webhookURL: String?
    /// What else fal is told.
    package var options: SubmitOptions

    /// Makes a submission; ``ModelCatalog/check(_:_:)`` is what looks at the input.
    package init(
        endpoint: EndpointID,
        input: [UInt8],
        webhookURL: String? = nil,
        options: SubmitOptions = SubmitOptions()
    ) {
        self.endpoint = endpoint
        self.input = input
        self.webhookURL = webhookURL
        self.options = options
    }

    /// The request to send (https://fal.ai/docs/inference-api/queue/submit): the body is the input itself, without a wrapper.
    ///
    /// - Parameters:
    ///   - queue: Where the queue is.
    ///   - key: Who pays; without one only public apps answer.
    /// - Returns: The request, with the key in it: not for a log.
    package func httpRequest(to queue: QueueURL, key: FalKey?) -> HTTPRequest {
        var query: [String] = []
        if let webhookURL {
            query.append("fal_webhook=\(PercentEncoding.encode(webhookURL))")
        }
        if let length = options.queueLengthMax {
            query.append("fal_max_queue_length=\(length)")
        }
        var headers = HTTPHeaders()
        if let key {
            headers.add("Authorization", key.authorization)
        }
        headers.add("Content-Type", "application/json")
        headers.add("Accept", "application/json")
        for (name, value) in options.headers {
            headers.add(name, value)
        }
        return HTTPRequest(
            method: .post,
            url: queue.url(endpoint.submitPath) + (query.isEmpty ? "" : "?" + query.joined(separator: "&")),
            headers: headers,
            body: input
        )
    }
}
