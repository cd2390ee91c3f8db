/// Where a file goes, and where it is then.
struct UploadTicket: Sendable, Hashable {
    /// The longest query of an upload's URL, in bytes: what signs it stands there.
    static let queryBytesMax = 16 * 1024

    /// The URL that an input names the file by.
    let fileURL: String
    /// The upload's URL without its query.
    private let base: String
    /// The query with its question mark; empty without one.
    private let query: String

    /// Reads the storage's answer, nil when it names no URLs that can be used (https://github.com/fal-ai/fal-js/blob/main/libs/client/src/storage.ts).
    ///
    /// - Parameters:
    ///   - answer: The body, `{"file_url": …, "upload_url": …}`.
    ///   - storage: Who answered. Only it may name an upload that goes over plain HTTP, to itself.
    init?(_ answer: [UInt8], from storage: QueueURL) {
        guard let object = JSONObjectReader(answer), let fileURL = object.string("file_url"),
            (try? AbsoluteURL.parse(fileURL)) != nil, let upload = object.string("upload_url")
        else { return nil }
        let mark = upload.firstIndex(of: "?") ?? upload.endIndex
        let query = String(upload[mark...])
        guard let url = try? AbsoluteURL.parse(String(upload[..<mark])), url.fragment == nil,
            url.scheme == .https || storage.isSameOrigin(url),
            query.utf8.count <= Self.queryBytesMax,
            query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") })
        else { return nil }
        self.fileURL = fileURL
        base = "\(url)"
        self.query = query
    }

    /// Where the whole file is put.
    var uploadURL: String { base + query }

    /// Where a part of it is put, counted from 1.
    func partURL(_ number: Int) -> String { "\(base)/\(number)\(query)" }

    /// Where it is said that all parts are there.
    var completionURL: String { "\(base)/complete\(query)" }
}
