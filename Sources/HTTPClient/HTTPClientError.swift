/// Why there is no answer, and whether the request may have arrived all the same.
package struct HTTPClientError: Error, Sendable, Equatable {
    /// What went wrong, from a fixed list: fit for metrics and for `switch`.
    package enum Kind: String, Sendable, CaseIterable {
        /// The URL cannot be used: its form, its scheme, or user information in it.
        case badURL
        /// A header cannot be sent as it is.
        case badHeader
        /// The host's name has no address.
        case resolve
        /// No connection came about.
        case connect
        /// The TLS handshake failed, or the certificate is not trusted.
        case tls
        /// The connection ended before the whole body was handed over.
        case sendIncomplete
        /// Time was up before the whole request was handed over.
        case timeoutBeforeSent
        /// Time was up after the whole request was handed over.
        case timeoutAfterSent
        /// The connection ended before the whole answer was there.
        case receive
        /// What came is not an HTTP answer.
        case badResponse
        /// The answer is longer than is taken.
        case tooLarge
        /// ``HTTPClient/cancel()`` was called.
        case cancelled
        /// The client itself could not work: memory, descriptors, a file of authorities that cannot be read.
        case unavailable
    }

    /// What is known about the request's way.
    package enum RequestState: Sendable {
        /// The peer cannot have had the whole request, so sending it again cannot do anything twice.
        case certainlyNotSent
        /// The peer may have had it and may have acted on it.
        case mayHaveArrived
    }

    /// What went wrong.
    package let kind: Kind
    /// Whether the request may have arrived.
    package let requestState: RequestState
    /// One line for people; holds no header's value and no more of the URL than its host.
    package let detail: String

    /// Makes an error; transports do.
    package init(_ kind: Kind, _ requestState: RequestState, _ detail: String) {
        self.kind = kind
        self.requestState = requestState
        self.detail = detail
    }
}

extension HTTPClientError: CustomStringConvertible {
    /// The detail, and what it means for the request.
    package var description: String {
        switch requestState {
        case .certainlyNotSent: "\(detail) (the request was certainly not sent)"
        case .mayHaveArrived: "\(detail) (the request may have arrived)"
        }
    }
}
