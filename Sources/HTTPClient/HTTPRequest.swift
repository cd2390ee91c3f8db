/// A request's method, of those that fal's API knows.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"

    /// Whether the same request may arrive twice without doing twice as much (RFC 9110 §9.2.2).
    package var isIdempotent: Bool { self != .post }
}

/// One request, complete before it is sent.
package struct HTTPRequest: Sendable, Equatable {
    /// What is asked for.
    package var method: HTTPMethod
    /// The absolute `http` or `https` URL, percent-encoded.
    package var url: String
    /// What is sent besides the headers that frame the message, which the client writes itself.
    package var headers: HTTPHeaders
    /// The body's bytes, sent as they are; nil, as a GET and a HEAD must have it, sends none.
    package var body: [UInt8]?
    /// Instead of ``HTTPClientOptions/totalTimeout``, for this request.
    package var totalTimeout: Duration?
    /// An address and a port, `192.0.2.1:443` or `[2001:db8::1]:443`, that is connected to instead of looking up the URL's
    /// host; the host is still what TLS and the `Host` header say.
    package var connectsTo: String?

    /// Makes a request; nothing is checked before it is sent.
    package init(
        method: HTTPMethod = .get,
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil,
        totalTimeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.totalTimeout = totalTimeout
    }
}

extension HTTPRequest: CustomStringConvertible, CustomReflectable {
    /// The method and the URL without its query: headers and queries carry keys and tokens.
    package var description: String { "\(method.rawValue) \(url.prefix { $0 != "?" })" }

    /// Shows nothing, so that `dump` does not either.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension HTTPRequest {
    /// The headers that only the client writes, because they say where the message ends or how it is carried.
    private static let reservedHeaderNames: Set<String> = [
        "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Refuses what would be sent as something else than was meant.
    ///
    /// - Throws: ``HTTPClientError`` of kind `badHeader` for a name that is no token (RFC 9110 §5.6.2) or is the client's own
    ///   to write, or a value with CR, LF, NUL or another control character; `badURL` for a URL that holds one.
    func check() throws(HTTPClientError) {
        precondition(body == nil || (method != .get && method != .head), "a GET or HEAD has no body")
        guard !url.utf8.isEmpty, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw HTTPClientError(
                .badURL,
                .certainlyNotSent,
                "the URL is empty or holds a character that must be encoded"
            )
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
                throw HTTPClientError(.badHeader, .certainlyNotSent, "a header's name is not a token")
            }
            guard !Self.reservedHeaderNames.contains(name.lowercased()) else {
                throw HTTPClientError(.badHeader, .certainlyNotSent, "the header \(name) is not the caller's to set")
            }
            // The value is not shown: it may be a secret.
            guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else {
                throw HTTPClientError(.badHeader, .certainlyNotSent, "the header \(name) holds a control character")
            }
        }
    }
}

private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
    default:
        "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
