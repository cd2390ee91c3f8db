/// What the server itself refuses of a head, before the handler sees it.
///
/// libmicrohttpd 0.9.75 lets several things pass that two parsers in a row can read differently (request smuggling): it
/// prefers `Transfer-Encoding` to `Content-Length`, takes the first of several of either, takes a coding that it does
/// not know for a body without end, and, strict or not, a name with a space before its colon. A `Content-Length` that
/// is no number it answers itself, 400 with the head sent twice, before anybody is asked; the connection closes after.
struct HeadRules: Sendable {
    /// Why a head is refused.
    enum Refusal: Int, Error, Equatable, Sendable {
        /// The target, a field name or Host is not as it must be, or the body's length is ambiguous.
        case malformed = 400
        /// The announced body is over the limit.
        case bodyTooLarge = 413
        /// The head is over the limit.
        case headTooLarge = 431
        /// The body comes in a transfer coding other than `chunked`.
        case codingUnknown = 501
    }

    let limits: ServerLimits

    /// How the body comes, or why the head is refused.
    func bodyLength(of head: borrowing HTTPRequestHead) throws(Refusal) -> HTTPRequestHead.BodyLength {
        // The request line: method, target, `HTTP/1.1`, two spaces and a line break.
        let requestLine = head.method.utf8.count + head.target.utf8.count + 12
        guard requestLine + head.headers.wireBytes <= limits.headerBytesMax else { throw .headTooLarge }
        guard head.headers.namesAreTokens, !head.target.isEmpty, !head.target.contains(" ") else { throw .malformed }
        // RFC 9112, 3.2: 400 for HTTP/1.1 without Host, and for more than one.
        let hosts = head.headers.count(of: "Host")
        guard hosts == 1 || (hosts == 0 && head.isHTTP10) else { throw .malformed }
        let length = head.headers.occurrence(of: "Content-Length")
        switch (head.headers.occurrence(of: "Transfer-Encoding"), length) {
        case (.none, .none): return .none
        case (.none, .once(let digits)): return .known(try bodyBytes(digits))
        case (.once(let coding), .none) where !head.isHTTP10:
            guard String(decoding: coding, as: UTF8.self).lowercased() == "chunked" else { throw .codingUnknown }
            return .chunked
        // RFC 9112, 6.1: both, or a coding from an HTTP/1.0 client, may be treated as an error, and here is.
        default: throw .malformed
        }
    }

    /// Whether a body of that length is within a limit.
    static func fits(_ length: HTTPRequestHead.BodyLength, bodyBytesMax: Int) -> Bool {
        if case .known(let count) = length { count <= UInt64(bodyBytesMax) } else { true }
    }

    private func bodyBytes(_ digits: ArraySlice<UInt8>) throws(Refusal) -> UInt64 {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed }
        guard let count = UInt64(String(decoding: digits, as: UTF8.self)) else { throw .bodyTooLarge }
        return count
    }
}
