/// The id of a fal endpoint: an app of an owner, and a path within the app.
///
/// fal's own clients take it apart like this (`AppId` in
/// https://github.com/fal-ai/fal/blob/main/projects/fal_client/src/fal_client/client.py); where they let anything through,
/// this one takes only what needs no encoding in a URL.
package struct EndpointID: Sendable, Hashable {
    /// The longest id taken, in bytes.
    package static let bytesMax = 512

    /// A first part that stands before the owner.
    package enum Namespace: String, Sendable, CaseIterable {
        case workflows
        case comfy
    }

    /// What stands before the owner, if anything does.
    package let namespace: Namespace?
    /// Whose app it is.
    package let owner: String
    /// The app's name.
    package let alias: String
    /// The path within the app, without a slash at either end.
    package let path: String?

    /// Takes an id apart: `owner/app`, `owner/app/path…`, `workflows/owner/app…`, `comfy/owner/app…` or the old `123456-app`.
    ///
    /// - Throws: ``EndpointIDError``, which says what is wrong and what the form is.
    package static func parse(_ text: String) throws(EndpointIDError) -> EndpointID {
        guard !text.isEmpty else { throw EndpointIDError(.empty) }
        guard text.utf8.count <= bytesMax else { throw EndpointIDError(.tooLong) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, parts.count > 1 else { return try parseLegacy(text) }
        guard parts.allSatisfy({ !$0.isEmpty }) else { throw EndpointIDError(.emptyPart) }
        guard parts.allSatisfy(isPathPart) else { throw EndpointIDError(.character) }
        let namespace = Namespace(rawValue: first)
        let names = namespace == nil ? parts[...] : parts.dropFirst()
        guard names.count >= 2, let owner = names.first, let alias = names.dropFirst().first else {
            throw EndpointIDError(.noApp)
        }
        let path = names.dropFirst(2)
        return EndpointID(
            namespace: namespace,
            owner: owner,
            alias: alias,
            path: path.isEmpty ? nil : path.joined(separator: "/")
        )
    }

    /// The form from before owners had names: digits, a hyphen, and letters, digits and hyphens.
    private static func parseLegacy(_ text: String) throws(EndpointIDError) -> EndpointID {
        guard let hyphen = text.firstIndex(of: "-") else { throw EndpointIDError(.noApp) }
        let owner = text[..<hyphen]
        let alias = text[hyphen...].dropFirst()
        guard !owner.isEmpty, owner.utf8.allSatisfy(isDigit) else { throw EndpointIDError(.noApp) }
        guard !alias.isEmpty, alias.utf8.allSatisfy({ isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }) else {
            throw EndpointIDError(.noApp)
        }
        return EndpointID(namespace: nil, owner: String(owner), alias: String(alias), path: nil)
    }

    /// The path that a submission is posted to, beginning with a slash.
    package var submitPath: String { path.map { "\(appPath)/\($0)" } ?? appPath }

    /// The path that a request is known by afterwards, beginning with a slash: the app's only, without the path in the app.
    ///
    /// - Parameter requestID: fal's id; what a path cannot hold is percent-encoded.
    /// - Returns: The path, to which `/status` and `/cancel` are appended.
    package func requestPath(_ requestID: String) -> String {
        "\(appPath)/requests/\(PercentEncoding.encode(requestID))"
    }

    private var appPath: String {
        namespace.map { "/\($0.rawValue)/\(owner)/\(alias)" } ?? "/\(owner)/\(alias)"
    }
}

extension EndpointID: CustomStringConvertible {
    /// The id as fal writes it, with the old form written as the new one.
    package var description: String { String(submitPath.dropFirst()) }
}

/// Why a text is no endpoint id.
package struct EndpointIDError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, from a fixed list.
    package enum Code: String, Sendable, CaseIterable {
        case empty
        case tooLong
        case emptyPart
        case character
        case noApp
    }

    /// What is wrong.
    package let code: Code

    init(_ code: Code) {
        self.code = code
    }

    /// What is wrong, and the form an id has.
    package var description: String {
        let problem =
            switch code {
            case .empty: "the endpoint id is empty"
            case .tooLong: "the endpoint id is longer than \(EndpointID.bytesMax) bytes"
            case .emptyPart: "the endpoint id has a slash too many"
            case .character:
                "the endpoint id may hold only letters, digits, '.', '_', '-' and '/', and no '.' or '..' part"
            case .noApp: "the endpoint id names no app"
            }
        return problem + "; write OWNER/APP or OWNER/APP/PATH, like xai/grok-imagine-video/text-to-video"
    }
}

private func isPathPart(_ part: String) -> Bool {
    part != "." && part != ".." && part.utf8.allSatisfy(PercentEncoding.isUnreserved) && !part.contains("~")
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

private func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
}
