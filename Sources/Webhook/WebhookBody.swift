package import JSONText

/// What a delivery's body says, by position; the bytes themselves stay as they are.
///
/// Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks, and bodies that users published.
package struct WebhookBody: Equatable, Sendable {
    /// fal's two words for how a request ended.
    package enum Status: String, Sendable {
        /// The model ran.
        case ok = "OK"
        /// The model or its input failed.
        case error = "ERROR"
    }

    /// The request, as the body has it.
    package let requestID: String

    /// The id at fal's gateway, if given; differs from the request's only after a retry inside fal.
    package let gatewayRequestID: String?

    /// How the request ended.
    package let status: Status

    /// The model's output, or its error's details; `nil` if the key is absent.
    package let payload: JSONValueSlice?

    /// fal's words about a failure; absent or null otherwise.
    package let error: String?

    /// fal's words about a payload that it could not put into the delivery.
    package let payloadError: String?

    /// Whether the body is a single line, so that it can stand in a line as it is.
    package let isSingleLine: Bool

    /// Whether the delivery does not hold the result, which must then be fetched from the queue.
    ///
    /// So it is with a payload that could not be serialised, for which the documentation says "OK" and a published
    /// delivery of a run that had succeeded said "ERROR" (fal-js issue 153).
    package var needsResult: Bool {
        payloadError != nil || (status == .ok && (payload == nil || payload?.kind == .null))
    }

    private static let known = ["request_id", "gateway_request_id", "status", "payload", "error", "payload_error"]

    /// Reads a body.
    ///
    /// - Parameter bytes: The body as it came, its signature already verified.
    /// - Throws: ``WebhookRejection`` with `bodyMalformed` if it is no JSON object of at most ``JSONText/depthMax`` levels,
    ///   if `request_id` or `status` is missing or not what it can be, if a known key is repeated (readers would differ
    ///   on which counts), or if a known key has a value of a wrong kind. Other keys are free.
    package init(parsing bytes: Span<UInt8>) throws(WebhookRejection) {
        let malformed = WebhookRejection(.bodyMalformed)
        guard let members = try? JSONText.members(of: bytes) else { throw malformed }
        guard Self.known.allSatisfy({ members.count(of: $0) <= 1 }) else { throw malformed }

        guard let requestID = members.value(of: "request_id"), let id = try? JSONText.string(requestID, in: bytes),
            let status = members.value(of: "status"), let word = try? JSONText.string(status, in: bytes),
            let parsed = Status(rawValue: word)
        else { throw malformed }
        self.requestID = id
        self.status = parsed
        payload = members.value(of: "payload")
        gatewayRequestID = try Self.text(members.value(of: "gateway_request_id"), in: bytes)
        error = try Self.text(members.value(of: "error"), in: bytes)
        payloadError = try Self.text(members.value(of: "payload_error"), in: bytes)
        isSingleLine = members.isSingleLine
    }

    /// A string, or `nil` for null and for an absent key.
    private static func text(
        _ slice: JSONValueSlice?,
        in bytes: Span<UInt8>
    ) throws(WebhookRejection) -> String? {
        guard let slice, slice.kind != .null else { return nil }
        guard slice.kind == .string else { throw WebhookRejection(.bodyMalformed) }
        if let text = try? JSONText.string(slice, in: bytes) { return text }
        // Half a surrogate pair, which Python writes without complaint: the escaped spelling says as much, and a
        // verified event is not lost over it.
        let inside = slice.range.lowerBound + 1..<slice.range.upperBound - 1
        return String(decoding: inside.map { bytes[$0] }, as: UTF8.self)
    }
}
