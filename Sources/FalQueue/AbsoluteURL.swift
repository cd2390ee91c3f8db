/// An absolute `http` or `https` URL, taken apart far enough to know where it leads.
///
/// Stricter than RFC 3986: no user information, no character that would have to be encoded, no backslash; so that what is
/// checked here is what a client connects to.
package struct AbsoluteURL: Sendable, Hashable {
    /// The longest URL taken, in bytes.
    package static let bytesMax = 2048

    /// The two schemes there are.
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    /// How it is spoken to.
    package let scheme: Scheme
    /// The host in lower case; an IPv6 address with its brackets.
    package let host: String
    /// The port, if one is named.
    package let port: UInt16?
    /// The path as it was written: empty, or beginning with a slash.
    package let path: String
    /// What follows `?`, if there is one.
    package let query: String?
    /// What follows `#`, if there is one.
    package let fragment: String?

    /// Takes a URL apart.
    ///
    /// - Throws: ``AbsoluteURLError``, which says what is wrong.
    package static func parse(_ text: String) throws(AbsoluteURLError) -> AbsoluteURL {
        guard text.utf8.count <= bytesMax else { throw .tooLong }
        guard text.utf8.allSatisfy(isURLByte) else { throw .character }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { throw .scheme }
        var rest = text[colon...].dropFirst(3)
        let fragment = cut(&rest, at: "#")
        let query = cut(&rest, at: "?")
        let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
        let (host, port) = try parseAuthority(rest[..<pathStart])
        return AbsoluteURL(
            scheme: scheme,
            host: host,
            port: port,
            path: String(rest[pathStart...]),
            query: query,
            fragment: fragment
        )
    }

    /// The port that is connected to.
    package var effectivePort: UInt16 { port ?? (scheme == .https ? 443 : 80) }

    /// Scheme, host and port, the port only where it is not the scheme's own.
    package var origin: String {
        effectivePort == (scheme == .https ? 443 : 80)
            ? "\(scheme.rawValue)://\(host)" : "\(scheme.rawValue)://\(host):\(effectivePort)"
    }

    /// Whether the host is this machine by name or by loopback address.
    package var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") })
    }

    private static func parseAuthority(_ text: Substring) throws(AbsoluteURLError) -> (String, UInt16?) {
        guard !text.contains("@") else { throw .userInformation }
        var host = text
        var portText: Substring?
        if let bracket = text.lastIndex(of: "]") {
            guard text.first == "[", text.utf8.dropFirst().prefix(while: isIPv6Byte).endIndex == bracket else {
                throw .host
            }
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.first == ":" else { throw .host }
            host = text[...bracket]
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            portText = text[colon...].dropFirst()
        }
        guard host.first == "[" ? host.count > 4 : isHostName(host) else { throw .host }
        guard let portText else { return (host.lowercased(), nil) }
        guard portText.utf8.allSatisfy(isDigit), let port = UInt16(portText), port > 0 else { throw .port }
        return (host.lowercased(), port)
    }

    private static func isHostName(_ host: Substring) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy { PercentEncoding.isUnreserved($0) && $0 != 0x7e }
        }
    }

    private static func cut(_ text: inout Substring, at mark: Character) -> String? {
        guard let index = text.firstIndex(of: mark) else { return nil }
        defer { text = text[..<index] }
        return String(text[index...].dropFirst())
    }
}

extension AbsoluteURL: CustomStringConvertible {
    /// The URL in full.
    package var description: String {
        origin + path + (query.map { "?\($0)" } ?? "") + (fragment.map { "#\($0)" } ?? "")
    }
}

/// Why a text is no URL that can be used.
package enum AbsoluteURLError: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case tooLong
    case character
    case scheme
    case userInformation
    case host
    case port

    /// What is wrong and what is expected.
    package var description: String {
        switch self {
        case .tooLong: "the URL is longer than \(AbsoluteURL.bytesMax) bytes"
        case .character: "the URL holds a character that must be percent-encoded"
        case .scheme: "the URL must begin with http:// or https://"
        case .userInformation: "the URL must not hold a user name or password"
        case .host: "the URL names no valid host"
        case .port: "the URL's port must be a number from 1 to 65535"
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

private func isIPv6Byte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
        || ((byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "f"))
}

private func isURLByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && !"\"<>\\^`{|}".utf8.contains(byte)
}
