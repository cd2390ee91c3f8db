package import HTTPClient
import JSONText

/// fal's storage, where files go that an input names by their URL.
///
/// What the official JavaScript client does: the REST API is asked, with the key, where a file goes; its bytes are put there,
/// without the key; a large file goes in parts (https://github.com/fal-ai/fal-js/blob/main/libs/client/src/storage.ts).
/// Nothing of it is paid for, so each step is tried ``attemptsMax`` times.
package struct FileStorage {
    /// The largest file that goes in one piece, in bytes: 90 MiB, as in the official client.
    package static let wholeBytesMax = 90 * 1024 * 1024
    /// The length of a part, in bytes: 10 MiB, as in the official client.
    package static let partBytes = 10 * 1024 * 1024
    /// The largest file taken, in bytes: 5 GiB, 512 parts.
    package static let fileBytesMax = 5 * 1024 * 1024 * 1024
    /// How often each step is tried.
    package static let attemptsMax = 3
    /// How long the file's bytes, or those of a part, may take; an exchange that stalls is given up before.
    package static let putTimeout: Duration = .seconds(3600)

    private let client: HTTPClient
    private let url: QueueURL
    private let key: FalKey?
    private let wholeBytesMax: Int
    private let partBytes: Int
    private let pause: (Duration) -> Void

    /// Makes a client of a storage; nothing is sent.
    ///
    /// - Parameters:
    ///   - client: What sends, on the thread of ``upload(_:progress:)``.
    ///   - url: The REST API.
    ///   - key: Whose storage it is.
    ///   - wholeBytesMax: The largest file that goes in one piece.
    ///   - partBytes: The length of a part.
    ///   - pause: Waits that long before a step is tried again.
    package init(
        client: HTTPClient,
        url: QueueURL,
        key: FalKey?,
        wholeBytesMax: Int = Self.wholeBytesMax,
        partBytes: Int = Self.partBytes,
        pause: @escaping (Duration) -> Void
    ) {
        self.client = client
        self.url = url
        self.key = key
        self.wholeBytesMax = wholeBytesMax
        self.partBytes = partBytes
        self.pause = pause
    }

    /// Uploads a file.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - progress: Told how many of its bytes are on their way; may go back when a step is tried again.
    /// - Returns: The URL that an input names it by.
    /// - Throws: ``UploadError``.
    package func upload(_ file: UploadFile, progress: @escaping (Int) -> Void) throws(UploadError) -> String {
        guard file.byteCount <= Self.fileBytesMax else { throw .tooLarge }
        guard file.byteCount > wholeBytesMax else {
            let ticket = try begin(file, "/storage/upload/initiate")
            _ = try put(file, 0..<file.byteCount, to: ticket.uploadURL, file.contentType, progress)
            return ticket.fileURL
        }
        let ticket = try begin(file, "/storage/upload/initiate-multipart")
        var parts: [[UInt8]] = []
        for (index, start) in stride(from: 0, to: file.byteCount, by: partBytes).enumerated() {
            let range = start..<min(start + partBytes, file.byteCount)
            let answer = try put(file, range, to: ticket.partURL(index + 1), nil, progress)
            guard let tag = JSONObjectReader(answer.body)?.string("etag") ?? answer.headers["ETag"] else {
                throw .unusableAnswer
            }
            var part = JSONObjectWriter()
            part.member("partNumber", index + 1)
            part.member("etag", tag)
            parts.append(part.bytes)
        }
        var writer = JSONObjectWriter()
        writer.member("parts", array: parts)
        _ = try post(writer.bytes, to: ticket.completionURL, key: nil)
        return ticket.fileURL
    }

    private func begin(_ file: UploadFile, _ path: String) throws(UploadError) -> UploadTicket {
        var writer = JSONObjectWriter()
        writer.member("content_type", file.contentType)
        writer.member("file_name", file.name)
        let answer = try post(writer.bytes, to: url.url("\(path)?storage_type=fal-cdn-v3"), key: key)
        guard let ticket = UploadTicket(answer.body, from: url) else { throw .unusableAnswer }
        return ticket
    }

    private func post(_ body: [UInt8], to url: String, key: FalKey?) throws(UploadError) -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Accept": "application/json"]
        if let key { headers.add("Authorization", key.authorization) }
        let request = HTTPRequest(method: .post, url: url, headers: headers, body: body)
        return try persistently(hasKey: key != nil) { () throws(HTTPClientError) in try client.send(request) }
    }

    private func put(
        _ file: UploadFile,
        _ range: Range<Int>,
        to url: String,
        _ contentType: String?,
        _ progress: @escaping (Int) -> Void
    ) throws(UploadError) -> HTTPResponse {
        guard let bytes = file.read(range), bytes.count == range.count else { throw .fileChanged }
        var headers = HTTPHeaders()
        if let contentType { headers.add("Content-Type", contentType) }
        let request = HTTPRequest(
            method: .put,
            url: url,
            headers: headers,
            body: bytes,
            totalTimeout: Self.putTimeout
        )
        return try persistently(hasKey: false) { () throws(HTTPClientError) in
            try client.send(request, reportingBody: { progress(range.lowerBound + $0) })
        }
    }

    /// Sends until there is success, or it is clear that there will be none.
    private func persistently(
        hasKey: Bool,
        _ send: () throws(HTTPClientError) -> HTTPResponse
    ) throws(UploadError) -> HTTPResponse {
        var attempt = 1
        while true {
            do throws(UploadError) {
                return try Self.success(of: send, hasKey: hasKey)
            } catch {
                guard error.isPassing, attempt < Self.attemptsMax else { throw error }
            }
            pause(.milliseconds(500 << (attempt - 1)))
            attempt += 1
        }
    }

    private static func success(
        of send: () throws(HTTPClientError) -> HTTPResponse,
        hasKey: Bool
    ) throws(UploadError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try send()
        } catch {
            throw .transport(error.kind, detail: oneLine(error.detail, charactersMax: FalError.messageCharactersMax))
        }
        switch response.status {
        case 200..<300: return response
        case 401 where hasKey, 403 where hasKey:
            throw .keyRefused(status: response.status, FalError.parse(response.body))
        default: throw .refused(status: response.status, FalError.parse(response.body))
        }
    }
}
