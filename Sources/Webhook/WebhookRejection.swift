/// Why a delivery is not accepted.
///
/// The sender learns the status only; the code is for the log, the metrics and the operator.
package struct WebhookRejection: Error, Equatable, Sendable {
    /// The reasons there are; the raw value is a metric's label.
    package enum Code: String, CaseIterable, Sendable {
        /// One of the four headers is not there.
        case headerMissing = "header_missing"
        /// One of the four headers is there more than once.
        case headerRepeated = "header_repeated"
        /// One of the four headers is not of its form.
        case headerMalformed = "header_malformed"
        /// No key of the set made the signature; perhaps a newer key did.
        case signatureInvalid = "signature_invalid"
        /// The signature is right and too old, or from the future.
        case timestampOutOfWindow = "timestamp_out_of_window"
        /// The signature is right and the account is not ours.
        case accountUnknown = "account_unknown"
        /// The body is signed and is not a webhook's body.
        case bodyMalformed = "body_malformed"
        /// The body is signed and speaks of another request than the header.
        case requestIDMismatch = "request_id_mismatch"
        /// There are no keys yet to verify with.
        case keySetMissing = "key_set_missing"
    }

    /// A delivery that fal did sign, at another time than now.
    ///
    /// Not to be trusted, because it may be a replay; a reason to ask the queue about the request.
    package struct Hint: Equatable, Sendable {
        /// The request.
        package let requestID: String
        /// The account that submitted it.
        package let accountID: String

        /// Names the request and its account.
        package init(requestID: String, accountID: String) {
            self.requestID = requestID
            self.accountID = accountID
        }
    }

    /// The reason.
    package let code: Code

    /// The header the reason is about, if it is about one.
    package let header: WebhookHeaderName?

    /// For `timestampOutOfWindow`: what can be asked about; `nil` if the account is known not to be ours.
    package let hint: Hint?

    /// Makes a rejection.
    package init(_ code: Code, header: WebhookHeaderName? = nil, hint: Hint? = nil) {
        self.code = code
        self.header = header
        self.hint = hint
    }

    /// The status to answer with: 400, 401 or 503.
    ///
    /// Never a 2xx, with which fal would forget the delivery, and never a 3xx, which fal takes as final.
    package var httpStatus: Int {
        switch code {
        case .headerMissing, .headerRepeated, .headerMalformed, .bodyMalformed, .requestIDMismatch: 400
        case .signatureInvalid, .timestampOutOfWindow, .accountUnknown: 401
        case .keySetMissing: 503
        }
    }
}
