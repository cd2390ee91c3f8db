package import FalQueue

/// Which hosts files are fetched from, and how.
///
/// fal's own are spoken to with `https` on its own port, at public addresses. A host that somebody has allowed by name,
/// an emulator on this machine for one, may also be spoken to with `http`, on any port, and at private addresses.
package struct MediaHosts: Sendable, Equatable {
    /// fal's media hosts: this name and every one below it (`v3.fal.media`, `v3b.fal.media`).
    package static let fal = "fal.media"

    /// A host that was allowed by name.
    package struct Allowed: Sendable, Equatable {
        /// The name or address, lower case, as a URL has it.
        package let host: String
        /// The only port; nil for any.
        package let port: UInt16?

        /// Reads `HOST` or `HOST:PORT`.
        ///
        /// - Throws: `AbsoluteURLError`, which says what is wrong.
        package init(_ text: String) throws(AbsoluteURLError) {
            let url = try AbsoluteURL.parse("https://\(text)")
            guard url.path.isEmpty, url.query == nil, url.fragment == nil else { throw .host }
            host = url.host
            port = url.port
        }
    }

    /// A URL that may be fetched.
    package struct Target: Sendable, Equatable {
        /// The URL, taken apart.
        package let url: AbsoluteURL
        /// Whether addresses that are not public will do.
        package let allowsPrivate: Bool
    }

    /// The hosts that were allowed beside fal's.
    package var allowed: [Allowed]

    /// fal's media hosts and those that were allowed.
    package init(allowed: [Allowed] = []) {
        self.allowed = allowed
    }

    /// Checks a URL that came in an outcome.
    ///
    /// - Throws: ``DownloadFailure``, without hope.
    package func target(_ text: String) throws(DownloadFailure) -> Target {
        let url: AbsoluteURL
        do throws(AbsoluteURLError) {
            url = try AbsoluteURL.parse(text)
        } catch {
            throw DownloadFailure(.badURL, "\(error)")
        }
        if allowed.contains(where: { $0.host == url.host && ($0.port == nil || $0.port == url.effectivePort) }) {
            return Target(url: url, allowsPrivate: true)
        }
        guard url.host == Self.fal || url.host.hasSuffix("." + Self.fal) else {
            throw DownloadFailure(
                .hostNotAllowed,
                "\(url.host) is none of fal's media hosts; allow it with --media-host"
            )
        }
        guard url.scheme == .https, url.effectivePort == 443 else {
            throw DownloadFailure(.notHTTPS, "fal's media hosts are spoken to with https on port 443 only")
        }
        return Target(url: url, allowsPrivate: false)
    }
}
