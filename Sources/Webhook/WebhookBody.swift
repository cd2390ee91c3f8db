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

    /// The values of the keys that count, each at most once.
    private struct Values {
        var requestID: JSONValueSlice?
        var gatewayRequestID: JSONValueSlice?
        var status: JSONValueSlice?
        var payload: JSONValueSlice?
        var error: JSONValueSlice?
        var payloadError: JSONValueSlice?

        /// Nil when a key that counts is repeated.
        init?(_ members: JSONObjectMembers) {
            for member in members {
                guard let name = member.name else { continue }
                // Every key has a length of its own, so that one comparison decides.
                let isFirst =
                    switch name.utf8.count {
                    case 5 where name.hasSameBytes(as: "error"): Self.put(member, &error)
                    case 6 where name.hasSameBytes(as: "status"): Self.put(member, &status)
                    case 7 where name.hasSameBytes(as: "payload"): Self.put(member, &payload)
                    case 10 where name.hasSameBytes(as: "request_id"): Self.put(member, &requestID)
                    case 13 where name.hasSameBytes(as: "payload_error"): Self.put(member, &payloadError)
                    case 18 where name.hasSameBytes(as: "gateway_request_id"): Self.put(member, &gatewayRequestID)
                    default: true
                    }
                guard isFirst else { return nil }
            }
        }

        private static func put(_ member: JSONMember, _ value: inout JSONValueSlice?) -> Bool {
            defer { value = member.value }
            return value == nil
        }
    }

    /// Reads a body.
    ///
    /// - Parameter bytes: The body as it came, its signature already verified.
    /// - Throws: ``WebhookRejection`` with `bodyMalformed` if it is no JSON object of at most ``JSONText/depthMax`` levels,
    ///   if `request_id` or `status` is missing or not what it can be, if a known key is repeated (readers would differ
    ///   on which counts), or if a known key has a value of a wrong kind. Other keys are free.
    package init(parsing bytes: Span<UInt8>) throws(WebhookRejection) {
        let malformed = WebhookRejection(.bodyMalformed)
        guard let members = try? JSONText.members(of: bytes) else { throw malformed }
        guard let values = Values(members),
            let requestID = values.requestID, let id = try? JSONText.string(requestID, in: bytes),
            let status = values.status, let word = try? JSONText.string(status, in: bytes),
            let parsed = Status(rawValue: word)
        else { throw malformed }
        self.requestID = id
        self.status = parsed
        payload = values.payload
        gatewayRequestID = try Self.text(values.gatewayRequestID, in: bytes)
        error = try Self.text(values.error, in: bytes)
        payloadError = try Self.text(values.payloadError, in: bytes)
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
