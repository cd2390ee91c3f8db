/// Where fal reaches our hook from outside.
package struct PublicURL: Sendable, Hashable {
    /// Something that lets the URL work less well than its owner may think, or only with an emulator.
    package enum Problem: String, Sendable, CaseIterable, CustomStringConvertible {
        case notEncrypted
        case loopback

        /// What the matter is, and what to do about it.
        package var description: String {
            switch self {
            case .notEncrypted:
                "callbacks over http:// can be read on their way, tokens too; use an https:// URL"
            case .loopback:
                "fal does not deliver to this machine's own address; use a public name or a tunnel (an emulator is fine)"
            }
        }
    }

    private let base: AbsoluteURL

    /// Takes an absolute URL without query and fragment; a path is kept as a prefix, a slash at the end is dropped.
    ///
    /// - Throws: ``URLSettingError``, which says what is wrong.
    package static func parse(_ text: String) throws(URLSettingError) -> PublicURL {
        PublicURL(base: try URLSettingError.parseBase(text))
    }

    /// What to warn about.
    package var problems: [Problem] {
        var problems: [Problem] = []
        if base.isLoopback {
            problems.append(.loopback)
        } else if base.scheme == .http {
            problems.append(.notEncrypted)
        }
        return problems
    }

    /// The hook's URL for one submission.
    ///
    /// - Parameter token: The submission's, of letters and digits; anything else is percent-encoded.
    /// - Returns: The absolute URL, not yet encoded for `fal_webhook`.
    package func webhookURL(token: String) -> String {
        "\(base.origin)\(base.path)/fal/\(PercentEncoding.encode(token))"
    }
}

extension PublicURL: CustomStringConvertible {
    /// The URL, without a slash at the end.
    package var description: String { base.origin + base.path }
}
