/// fal's answer to a submission it took.
///
/// Two shapes are in use: one with URLs and a queue position, and one with the two ids only
/// (https://fal.ai/docs/documentation/model-apis/inference/webhooks).
package struct SubmitAnswer: Sendable, Hashable {
    /// The longest request id taken, in bytes.
    package static let requestIDBytesMax = 256

    /// fal's id, opaque, of visible ASCII.
    package let requestID: String
    /// The id of the latest attempt, if it was given.
    package let gatewayRequestID: String?
    /// Where the status is, if it was given; to be followed only through ``RequestAddress``.
    package let statusURL: String?
    /// Where the result is, likewise.
    package let responseURL: String?
    /// Where to cancel, likewise.
    package let cancelURL: String?
    /// How many requests are ahead, if it was given.
    package let queuePosition: Int?
    /// The answer as it came.
    package let body: [UInt8]

    /// Reads an answer; nil when it has no request id that could be used.
    package init?(body: [UInt8]) {
        guard let object = JSONObjectReader(body), let id = object.string("request_id"), Self.isRequestID(id) else {
            return nil
        }
        requestID = id
        gatewayRequestID = object.string("gateway_request_id")
        statusURL = object.string("status_url")
        responseURL = object.string("response_url")
        cancelURL = object.string("cancel_url")
        queuePosition = object.integer("queue_position")
        self.body = body
    }

    private static func isRequestID(_ text: String) -> Bool {
        // "." and ".." would be parts of a path with a meaning of their own.
        !text.isEmpty && text.utf8.count <= requestIDBytesMax && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
