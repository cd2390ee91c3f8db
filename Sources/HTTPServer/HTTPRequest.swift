/// The head of a request: the request line and the header fields.
package struct HTTPRequestHead: Sendable, Equatable {
    /// How a body comes.
    package enum BodyLength: Sendable, Equatable {
        /// None is announced.
        case none
        /// That many bytes, as `Content-Length` says.
        case known(UInt64)
        /// In chunks, the length known only at the end.
        case chunked
    }

    /// The method, in the case it was written: `POST`.
    package var method: String
    /// The request target as it was written, `/fal/token?x=1`; bytes that are not UTF-8 are replaced.
    package var target: String
    /// Whether the client speaks HTTP/1.0.
    package var isHTTP10: Bool
    /// The header fields.
    package var headers: HeaderFields
    /// Whether a body comes, and how long it is.
    package var bodyLength: BodyLength

    /// Puts a head together; the server does, and tests.
    package init(
        method: String,
        target: String,
        isHTTP10: Bool = false,
        headers: HeaderFields = [:],
        bodyLength: BodyLength = .none
    ) {
        self.method = method
        self.target = target
        self.isHTTP10 = isHTTP10
        self.headers = headers
        self.bodyLength = bodyLength
    }

    /// What `Content-Length` says; nil where there is none.
    package var contentLength: UInt64? {
        if case .known(let count) = bodyLength { count } else { nil }
    }

    /// Whether a body comes that is not known to be empty.
    package var hasBody: Bool {
        switch bodyLength {
        case .none, .known(0): false
        case .known, .chunked: true
        }
    }

    /// The path as it was written, without the query, percent-encoding left as it is.
    ///
    /// Of a target in absolute form (`http://host/path`, RFC 9112, 3.2.2) it is the path behind the authority.
    package var path: String {
        let written = originForm
        return String(written[..<(written.utf8.firstIndex(of: 0x3F) ?? written.endIndex)])
    }

    /// The query's items in order, percent-decoded, `+` as a space; an item without `=` has an empty value.
    package var queryItems: [QueryItem] {
        let written = originForm
        guard let mark = written.utf8.firstIndex(of: 0x3F) else { return [] }
        return written[written.index(after: mark)...].split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return QueryItem(name: percentDecoded(parts[0]), value: parts.count > 1 ? percentDecoded(parts[1]) : "")
        }
    }

    private var originForm: Substring {
        if target.utf8.first == 0x2F { return target[...] }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let authority = target.dropFirst(scheme.count)
            guard let slash = authority.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
            return authority[slash...]
        }
        return target[...]
    }
}

/// One item of a query.
package struct QueryItem: Sendable, Equatable {
    /// Its name, decoded.
    package var name: String
    /// Its value, decoded.
    package var value: String

    /// Puts an item together.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A whole request.
package struct HTTPRequest: Sendable, Equatable {
    /// Its head.
    package var head: HTTPRequestHead
    /// Its body, without transfer coding; empty where there was none.
    package var body: [UInt8]
    /// Who sent it.
    package var peer: PeerAddress

    /// Puts a request together; the server does, and tests.
    package init(head: HTTPRequestHead, body: [UInt8], peer: PeerAddress) {
        self.head = head
        self.body = body
        self.peer = peer
    }
}

/// Decodes `%41` and `+`; a `%` without two hexadecimal digits stays as it is.
private func percentDecoded(_ text: Substring) -> String {
    var decoded: [UInt8] = []
    var bytes = text.utf8[...]
    while let byte = bytes.popFirst() {
        if byte == 0x25, let high = bytes.first?.hexadecimalValue, let low = bytes.dropFirst().first?.hexadecimalValue {
            decoded.append(high << 4 | low)
            bytes = bytes.dropFirst(2)
        } else {
            decoded.append(byte == 0x2B ? 0x20 : byte)
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
