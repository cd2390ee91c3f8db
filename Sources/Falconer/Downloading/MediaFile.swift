import JSONText

/// A file that an outcome refers to: one of fal's `File` objects
/// (https://fal.ai/docs/documentation/model-apis/media-expiration).
package struct MediaFile: Sendable, Equatable {
    /// Where it is.
    package let url: String
    /// What fal calls it; nil when it does not say.
    package let name: String?
    /// Its length as fal gives it, bytes; nil when it does not say.
    package let bytes: Int?

    /// The most files of one outcome that are fetched.
    package static let filesMax = 256
    /// How deep in an outcome files are looked for; fal's own outputs have them two or three levels down.
    package static let depthMax = 16

    /// What an object has beside its `url` when it is one of fal's files.
    private static let marks = ["content_type", "file_name", "file_size", "width", "height"]

    /// Gathers what is known of a file.
    package init(url: String, name: String? = nil, bytes: Int? = nil) {
        self.url = url
        self.name = name
        self.bytes = bytes
    }

    /// The files that the payload of an outcome refers to, in the order of the text, each URL once.
    ///
    /// An object is taken for a file when it has a string `url` and something else that fal's files have, or when the URL
    /// leads to fal's media hosts. What is in a `data:` URL is in the event already and is left out.
    ///
    /// - Parameter outcome: The body of a webhook, or an outcome that was fetched.
    /// - Returns: At most ``filesMax`` files; none when the body cannot be read.
    package static func all(in outcome: [UInt8]) -> [MediaFile] {
        guard let members = try? JSONText.members(of: outcome.span), let payload = members.value(of: "payload") else {
            return []
        }
        var found: [MediaFile] = []
        collect(payload, of: outcome, depth: 0, into: &found)
        return found
    }

    /// Recurses no deeper than ``depthMax``.
    private static func collect(
        _ slice: JSONValueSlice,
        of text: [UInt8],
        depth: Int,
        into found: inout [MediaFile]
    ) {
        guard depth < depthMax, found.count < filesMax else { return }
        switch slice.kind {
        case .array:
            guard let elements = try? JSONText.elements(of: slice, in: text.span) else { return }
            for element in elements { collect(element, of: text, depth: depth + 1, into: &found) }
        case .object:
            guard let members = try? JSONText.members(of: slice, in: text.span) else { return }
            if let file = file(members, of: text), !found.contains(where: { $0.url == file.url }) { found.append(file) }
            for member in members { collect(member.value, of: text, depth: depth + 1, into: &found) }
        default: break
        }
    }

    private static func file(_ members: JSONObjectMembers, of text: [UInt8]) -> MediaFile? {
        func string(_ name: String) -> String? {
            members.value(of: name).flatMap { try? JSONText.string($0, in: text.span) }
        }
        guard let url = string("url"), !url.isEmpty, !url.lowercased().hasPrefix("data:") else { return nil }
        let isMarked = marks.contains { members.value(of: $0) != nil }
        guard isMarked || (try? MediaHosts().target(url)) != nil else { return nil }
        let size = members.value(of: "file_size").flatMap { JSONText.integer($0, in: text.span) }
        return MediaFile(url: url, name: string("file_name"), bytes: size.flatMap { $0 > 0 ? $0 : nil })
    }
}
