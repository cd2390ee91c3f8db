/// What a path on the hook's listener means.
package enum HookPath: Equatable, Sendable {
    /// A delivery, `POST /fal` or `POST /fal/<token>`.
    case delivery(HookToken?)
    /// Whether deliveries can be stored, `GET /healthz`.
    case health

    /// The bytes a token in a path may have; longer ones are no path of ours.
    package static let tokenBytesMax = 128

    /// Reads a path, without its query; nil when there is nothing there.
    package init?(_ path: String) {
        switch path {
        case "/fal", "/fal/": self = .delivery(nil)
        case "/healthz": self = .health
        default:
            guard path.hasPrefix("/fal/") else { return nil }
            let token = path.dropFirst("/fal/".count)
            guard !token.contains("/"), token.utf8.count <= Self.tokenBytesMax else { return nil }
            self = .delivery(HookToken(text: String(token)))
        }
    }
}
