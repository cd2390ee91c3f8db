/// An answer.
///
/// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's to write. A field that cannot be
/// sent (a line break in it, a length of your own) makes the answer a 500 and an error in the log.
package struct HTTPResponse: Sendable {
    /// What follows the head.
    package enum Body: Sendable {
        /// These bytes.
        case bytes([UInt8])
        /// An answer built once, for many requests.
        case prepared(PreparedResponse)
        /// What is written to the stream, until it is finished.
        case stream(ResponseStream)
    }

    /// The status code, 200…599.
    package var status: Int
    /// The header fields; ignored where the body is prepared, since they are in it.
    package var headers: HeaderFields
    /// The body.
    package var body: Body

    /// Makes an answer.
    package init(status: Int, headers: HeaderFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes an answer of text, as UTF-8.
    package init(status: Int, headers: HeaderFields = [:], text: String) {
        self.init(status: status, headers: headers, body: .bytes(Array(text.utf8)))
    }

    /// Makes an answer of a prepared one.
    package init(_ prepared: PreparedResponse) {
        self.init(status: prepared.status, body: .prepared(prepared))
    }
}
