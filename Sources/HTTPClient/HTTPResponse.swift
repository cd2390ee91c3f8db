/// One complete answer.
package struct HTTPResponse: Sendable, Equatable {
    /// The status code, 200…599; interim answers (1xx) are not seen.
    package var status: Int
    /// The header fields, in order; trailers are left out.
    package var headers: HTTPHeaders
    /// The body's bytes, without transfer coding, with any content coding left as it is.
    package var body: [UInt8]

    /// Makes an answer; the client does, and tests.
    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
