/// How the files of an outcome are named beneath the folder they go to.
///
/// What comes from fal is made harmless before it becomes part of a path: letters, digits, `.`, `_` and `-` of ASCII
/// stay, everything else becomes `_`, and nothing begins with a dot.
package struct PathTemplate: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is no template.
    package enum Problem: String, Error, Sendable, CustomStringConvertible {
        case absolute = "it must be relative to the folder and not contain '.', '..' or empty parts"
        case unknownField = "known fields are {submission} {request_id} {index} {name} {ext} {endpoint}"
        case notUnique = "it must contain {submission} or {request_id}, so that no result replaces another's"

        package var description: String { rawValue }
    }

    /// What a template is filled with.
    package struct Values: Sendable {
        /// Our id of the submission; nil where there is none.
        package var submission: String?
        /// fal's id of the request.
        package var requestID: String
        /// The fal endpoint; nil where it is not known.
        package var endpoint: String?

        /// Gathers the values that all files of an outcome have in common.
        package init(submission: String?, requestID: String, endpoint: String?) {
            self.submission = submission
            self.requestID = requestID
            self.endpoint = endpoint
        }
    }

    /// The template when nobody says otherwise.
    package static let standard = "{submission}/{name}"
    /// The longest part of a path, bytes; Linux takes 255.
    package static let partBytesMax = 200

    private enum Piece: Sendable, Equatable {
        case text(String)
        case field(String)
    }

    private static let fields: Set<String> = ["submission", "request_id", "index", "name", "ext", "endpoint"]
    private let parts: [[Piece]]
    /// The template as it was written.
    package let description: String

    /// Reads a template.
    ///
    /// - Throws: ``Problem``.
    package init(_ text: String) throws(Problem) {
        description = text
        var parts: [[Piece]] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            guard !part.isEmpty, part != ".", part != "..", !part.utf8.contains(0) else { throw .absolute }
            parts.append(try Self.pieces(part))
        }
        self.parts = parts
        let named = parts.joined().compactMap { piece in
            if case .field(let name) = piece { name } else { nil }
        }
        guard named.contains("submission") || named.contains("request_id") else { throw .notUnique }
    }

    private static func pieces(_ part: Substring) throws(Problem) -> [Piece] {
        var pieces: [Piece] = []
        var rest = part
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "}") else { throw .unknownField }
            let name = String(rest[rest.index(after: open)..<close])
            guard fields.contains(name) else { throw .unknownField }
            pieces.append(.field(name))
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("}") else { throw .unknownField }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return pieces
    }

    /// The paths of an outcome's files, one each, all different and the same every time.
    package func paths(_ files: [MediaFile], _ values: Values) -> [String] {
        var taken: Set<String> = []
        return files.enumerated().map { index, file in
            let path = path(file, index, values)
            if taken.insert(path).inserted { return path }
            let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
            // The number in front: whatever the name is, no other file of the outcome has this one.
            var other = "\(path[..<slash])\(index)-\(path[slash...])"
            while !taken.insert(other).inserted { other = "\(other[..<slash])_\(other[slash...])" }
            return other
        }
    }

    private func path(_ file: MediaFile, _ index: Int, _ values: Values) -> String {
        let name = Self.name(of: file)
        return parts.map { pieces in
            let text = pieces.map { piece in
                switch piece {
                case .text(let text): text
                case .field("submission"): Self.harmless(values.submission ?? values.requestID)
                case .field("request_id"): Self.harmless(values.requestID)
                case .field("endpoint"): Self.harmless(values.endpoint ?? "unknown")
                case .field("index"): "\(index)"
                case .field("ext"): Self.fileExtension(of: name)
                case .field: name
                }
            }
            .joined()
            return Self.shortened(text)
        }
        .joined(separator: "/")
    }

    /// The file's own name: fal's, else the last part of the URL's path.
    private static func name(of file: MediaFile) -> String {
        let path = file.url.prefix { $0 != "?" && $0 != "#" }
        let afterScheme = path.firstRange(of: "://").map { path[$0.upperBound...] } ?? path
        let last = afterScheme.contains("/") ? afterScheme.split(separator: "/").last.map(String.init) : nil
        let given = file.name.flatMap { $0.isEmpty ? nil : $0 } ?? last ?? ""
        let name = harmless(given)
        return name.isEmpty ? "file" : name
    }

    private static func fileExtension(of name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "bin" }
        let text = name[name.index(after: dot)...]
        return text.isEmpty ? "bin" : String(text)
    }

    private static func harmless(_ text: String) -> String {
        let kept = text.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": Character(scalar)
            default: "_"
            }
        }
        return String(kept.drop { $0 == "." })
    }

    /// A part that no file system refuses: not empty, hidden or longer than ``partBytesMax``; its end stays, for the extension.
    private static func shortened(_ text: String) -> String {
        let visible = text.drop { $0 == "." }
        guard visible.utf8.count > partBytesMax else { return visible.isEmpty ? "_" : String(visible) }
        let scalars = Array(visible.unicodeScalars)
        var kept = String.UnicodeScalarView()
        var room = partBytesMax
        for scalar in scalars.reversed() {
            room -= UTF8.width(scalar)
            guard room >= 0 else { break }
            kept.append(scalar)
        }
        return String(String.UnicodeScalarView(kept.reversed()).map { Character($0) }.drop { $0 == "." })
    }
}
