/// Where a fal queue is: `https://queue.fal.run`, or the address of an emulator, with a path prefix if need be.
package struct QueueURL: Sendable, Hashable {
    /// fal's own, the first of two (the second, for outages, is `https://queue.falrun.com`).
    package static let fal = QueueURL(
        base: AbsoluteURL(scheme: .https, host: "queue.fal.run", port: nil, path: "", query: nil, fragment: nil)
    )

    /// fal's synchronous endpoint, https://fal.run, which takes the same paths and answers with the result.
    package static let falRun = QueueURL(
        base: AbsoluteURL(scheme: .https, host: "fal.run", port: nil, path: "", query: nil, fragment: nil)
    )

    /// fal's platform API.
    package static let falPlatform = QueueURL(
        base: AbsoluteURL(scheme: .https, host: "api.fal.ai", port: nil, path: "", query: nil, fragment: nil)
    )

    /// fal's REST API, where files are uploaded.
    package static let falREST = QueueURL(
        base: AbsoluteURL(scheme: .https, host: "rest.fal.ai", port: nil, path: "", query: nil, fragment: nil)
    )

    /// fal's site, which has the models' documents.
    package static let falSite = QueueURL(
        base: AbsoluteURL(scheme: .https, host: "fal.ai", port: nil, path: "", query: nil, fragment: nil)
    )

    private let base: AbsoluteURL

    /// Takes an absolute URL without query and fragment; a slash at the end is dropped.
    ///
    /// - Throws: ``URLSettingError``, which says what is wrong.
    package static func parse(_ text: String) throws(URLSettingError) -> QueueURL {
        QueueURL(base: try URLSettingError.parseBase(text))
    }

    /// The URL of a path that begins with a slash.
    package func url(_ path: String) -> String { base.origin + base.path + path }

    /// Whether a URL that an answer gave leads to the same scheme, host and port, so that the key may go there.
    package func isSameOrigin(_ url: AbsoluteURL) -> Bool { url.origin == base.origin }
}

extension QueueURL: CustomStringConvertible {
    /// The URL, without a slash at the end.
    package var description: String { url("") }
}

/// Why a URL given in the configuration cannot be used.
package enum URLSettingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is no URL.
    case invalid(AbsoluteURLError)
    /// It has a query or a fragment, which would end up in the middle of what is built from it.
    case queryOrFragment

    /// What is wrong.
    package var description: String {
        switch self {
        case .invalid(let error): error.description
        case .queryOrFragment: "the URL must have no query and no fragment"
        }
    }

    /// A URL to build others from: without query, fragment and slashes at the end.
    static func parseBase(_ text: String) throws(URLSettingError) -> AbsoluteURL {
        let url: AbsoluteURL
        do {
            url = try AbsoluteURL.parse(text)
        } catch {
            throw .invalid(error)
        }
        guard url.query == nil, url.fragment == nil else { throw .queryOrFragment }
        var path = url.path[...]
        while path.last == "/" {
            path = path.dropLast()
        }
        return AbsoluteURL(
            scheme: url.scheme,
            host: url.host,
            port: url.port,
            path: String(path),
            query: nil,
            fragment: nil
        )
    }
}
