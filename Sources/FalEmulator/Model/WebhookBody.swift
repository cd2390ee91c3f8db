/// A webhook's body, byte for byte as Python's `json.dumps(body, sort_keys=True)` writes it.
///
/// The shapes are those of fal.ai/docs/documentation/model-apis/inference/webhooks.md, corrected by bodies seen in the open:
/// `error` is `null` where all went well, and a payload that cannot be put in has the status `ERROR`.
package struct WebhookBody: Equatable, Sendable {
    /// The bytes.
    package let bytes: [UInt8]

    /// Writes a body.
    ///
    /// - Parameters:
    ///   - requestID: The request's id; the gateway's is the same, as the emulator repeats no run.
    ///   - payload: The model's output or error.
    ///   - error: The text of what went wrong; nil makes the status `OK`.
    ///   - payloadError: Why the payload cannot be put in; nil where it can.
    init(requestID: String, payload: JSONTree, error: String?, payloadError: String? = nil) {
        var members: [(String, JSONTree)] = [
            ("error", error.map { .string($0) } ?? .null),
            ("gateway_request_id", .string(requestID)),
            ("payload", payload),
            ("request_id", .string(requestID)),
            ("status", .string(error == nil ? "OK" : "ERROR")),
        ]
        if let payloadError { members.append(("payload_error", .string(payloadError))) }
        bytes = JSONTree.object(members).pythonSorted
    }

    init(requestID: String, end: RunEnd, payload: JSONTree) {
        guard end != .payloadError else {
            let text =
                "Response payload is not JSON serializable. Either return a JSON serializable object or use the queue endpoint to retrieve the response."
            // `error` is the text of a real delivery (fal-js issue 153).
            self.init(requestID: requestID, payload: .null, error: "Invalid status code: 404", payloadError: text)
            return
        }
        self.init(requestID: requestID, payload: payload, error: end.error)
    }
}
