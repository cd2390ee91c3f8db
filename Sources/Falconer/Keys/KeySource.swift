package import SystemPackage

/// Where fal's public keys come from.
package enum KeySource: Equatable, Sendable {
    /// A JWKS document on the web.
    case url(String)
    /// A JWKS document on disk.
    case file(FilePath)

    /// fal's own key set (https://fal.ai/docs/documentation/model-apis/inference/webhooks).
    package static let fal = KeySource.url("https://rest.fal.ai/.well-known/jwks.json")

    /// Reads what a person wrote: a URL when it begins like one, a file otherwise.
    package init(_ text: String) {
        self = text.hasPrefix("http://") || text.hasPrefix("https://") ? .url(text) : .file(FilePath(text))
    }

    /// The source as a person would write it; a key set kept on disk is only used for the source it came from.
    package var name: String {
        switch self {
        case .url(let url): url
        case .file(let path): path.string
        }
    }
}
