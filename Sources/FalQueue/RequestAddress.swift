/// Where a request of ours is asked about.
///
/// fal says to use the URLs it returns and not to build them (https://fal.ai/docs/inference-api/queue/submit), but a URL
/// that leads elsewhere would take the key there, and a queue other than fal's would be left. So a returned URL is followed
/// only to the scheme, host and port that the submission went to; otherwise the URL is built the way fal's own clients do.
package struct RequestAddress: Sendable, Hashable {
    /// The request's status, without a query of ours.
    package let statusURL: String
    /// The request's result.
    package let resultURL: String
    /// Where to cancel it.
    package let cancelURL: String

    /// The address of a request by its id, with what fal returned for it if that is known.
    package init(queue: QueueURL, endpoint: EndpointID, requestID: String, answer: SubmitAnswer? = nil) {
        let built = queue.url(endpoint.requestPath(requestID))
        statusURL = Self.followable(answer?.statusURL, queue) ?? built + "/status"
        resultURL = Self.followable(answer?.responseURL, queue) ?? built
        cancelURL = Self.followable(answer?.cancelURL, queue) ?? built + "/cancel"
    }

    /// The address of a request whose submission was answered.
    package init(queue: QueueURL, endpoint: EndpointID, answer: SubmitAnswer) {
        self.init(queue: queue, endpoint: endpoint, requestID: answer.requestID, answer: answer)
    }

    private static func followable(_ text: String?, _ queue: QueueURL) -> String? {
        guard let text, let url = try? AbsoluteURL.parse(text), url.fragment == nil, queue.isSameOrigin(url) else {
            return nil
        }
        return url.description
    }
}
