/// The files that were uploaded, in memory.
struct UploadStore: Sendable {
    /// The longest body of an upload, in bytes: 96 MiB, a little more than a client puts in one piece.
    static let bodyBytesMax = 96 * 1024 * 1024
    /// The most bytes of all files together: 1 GiB.
    static let bytesMax = 1024 * 1024 * 1024
    /// The most uploads that are known.
    static let countMax = 10_000
    /// The highest number of a part.
    static let partsMax = 10_000

    /// One upload.
    struct Upload: Sendable, Equatable {
        /// What the file is called.
        let name: String
        /// Its media type.
        let contentType: String
        /// What the query of its URL has to carry: whoever has the URL may upload, without a key.
        let token: String
        /// Whether it comes in parts.
        let isInParts: Bool
        /// The parts that have come, by number.
        var parts: [Int: [UInt8]] = [:]
        /// The file, once it is whole.
        var bytes: [UInt8]?
    }

    /// Why something is not stored.
    enum Refusal: Int, Error {
        case unknown = 404
        case wrongToken = 403
        case wrongParts = 400
        case full = 507
    }

    private var uploads: [String: Upload] = [:]
    private var byteCount = 0

    /// Takes note of an upload that is going to come.
    mutating func begin(_ id: String, _ upload: Upload) throws(Refusal) {
        guard uploads.count < Self.countMax else { throw .full }
        uploads[id] = upload
    }

    /// Takes a whole file.
    mutating func put(_ bytes: [UInt8], to id: String, token: String?) throws(Refusal) {
        let upload = try find(id, token)
        guard !upload.isInParts else { throw .wrongParts }
        try makeRoom(bytes.count - (upload.bytes?.count ?? 0))
        uploads[id]?.bytes = bytes
    }

    /// Takes a part of a file; the same part again takes the place of the first.
    mutating func put(_ bytes: [UInt8], to id: String, part: Int, token: String?) throws(Refusal) {
        let upload = try find(id, token)
        guard upload.isInParts, upload.bytes == nil, (1...Self.partsMax).contains(part) else { throw .wrongParts }
        try makeRoom(bytes.count - (upload.parts[part]?.count ?? 0))
        uploads[id]?.parts[part] = bytes
    }

    /// Puts a file together.
    ///
    /// - Parameters:
    ///   - id: The upload.
    ///   - parts: Their numbers and tags, in order.
    ///   - token: What the URL's query carried.
    /// - Throws: ``Refusal`` when they are not the parts that have come.
    mutating func complete(_ id: String, parts: [(number: Int, tag: String)], token: String?) throws(Refusal) {
        let upload = try find(id, token)
        guard upload.isInParts, parts.map(\.number) == upload.parts.keys.sorted() else { throw .wrongParts }
        for part in parts where part.tag != Self.tag(of: part.number, in: id) { throw .wrongParts }
        uploads[id]?.bytes = parts.flatMap { upload.parts[$0.number] ?? [] }
        uploads[id]?.parts = [:]
    }

    /// A file that is whole.
    func file(_ id: String) -> (bytes: [UInt8], contentType: String)? {
        uploads[id].flatMap { upload in upload.bytes.map { ($0, upload.contentType) } }
    }

    /// What a part is known by when the file is put together.
    static func tag(of part: Int, in id: String) -> String { "\"\(id)-\(part)\"" }

    private func find(_ id: String, _ token: String?) throws(Refusal) -> Upload {
        guard let upload = uploads[id] else { throw .unknown }
        guard upload.token == token else { throw .wrongToken }
        return upload
    }

    private mutating func makeRoom(_ count: Int) throws(Refusal) {
        guard byteCount + count <= Self.bytesMax else { throw .full }
        byteCount += count
    }
}
