import FalQueue
package import HTTPClient

/// What the head of an answer says about the file that was asked for.
package struct FileAnswer: Equatable, Sendable {
    /// Where the body's bytes belong in the file.
    package let offset: Int
    /// The length of the whole file; nil when the server does not say.
    package let total: Int?
    /// The strong entity tag of the file; empty where there is none.
    package let tag: String

    /// Judges a head.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - offset: The first byte that was asked for; 0 for the whole file.
    ///   - expected: The length as fal gave it with the file's URL; nil when it did not.
    ///   - known: The length as it was said when the first bytes came; nil when they are the first, or it was not.
    ///   - bytesMax: The longest file that is taken.
    /// - Throws: ``DownloadFailure`` when there is nothing in it to be taken.
    package init(
        status: Int,
        headers: HTTPHeaders,
        from offset: Int,
        expected: Int?,
        known: Int?,
        bytesMax: Int
    ) throws(DownloadFailure) {
        switch status {
        case 200:
            self.offset = 0
            total = headers["Content-Length"].flatMap { Int($0) }
        case 206 where offset > 0:
            guard let range = Self.contentRange(headers["Content-Range"] ?? ""), range.first == offset,
                known == nil || known == range.total
            else {
                throw DownloadFailure(.badAnswer, "the server gives another part than was asked for", .little)
            }
            self.offset = offset
            total = range.total
        default: throw Self.failure(status, headers)
        }
        if let coding = headers["Content-Encoding"], coding.lowercased() != "identity" {
            throw DownloadFailure(.badAnswer, "the server encodes the file (\(coding.prefix(40))) unasked", .little)
        }
        if let total, total > bytesMax {
            throw DownloadFailure(.tooLarge, "the file has \(total) bytes, and at most \(bytesMax) are taken")
        }
        if let total, let expected, total != expected {
            throw DownloadFailure(
                .wrongLength,
                "the server gives \(total) bytes, and the result says \(expected)",
                .little
            )
        }
        let text = headers["ETag"] ?? ""
        let isStrong =
            text.hasPrefix("\"") && text.utf8.count <= PartialFile.tagBytesMax
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        tag = isStrong ? text : ""
    }

    private static func failure(_ status: Int, _ headers: HTTPHeaders) -> DownloadFailure {
        switch status {
        case 300..<400:
            let target = headers["Location"].map { " to \($0.prefix(200))" } ?? ""
            return DownloadFailure(.redirect, "the server redirects\(target), and redirects are not followed")
        case 401, 403, 404, 410, 451:
            return DownloadFailure(.gone, "the server answers \(status): the file is not there (any more)", .little)
        case 416:
            return DownloadFailure(.badAnswer, "the server does not give the rest of the file", .little)
        case 408, 425, 429, 500...:
            let seconds = headers["Retry-After"].flatMap { Int($0) } ?? 0
            let wait = Int64(min(max(seconds, 0), SubmitRefusal.retryAfterSecondsMax)) * 1_000_000
            return DownloadFailure(.badAnswer, "the server answers \(status)", .good, retryAfter: wait)
        default:
            return DownloadFailure(.badAnswer, "the server answers \(status)", .little)
        }
    }

    /// Reads `bytes 10-99/100` (RFC 9110 §14.4).
    private static func contentRange(_ text: String) -> (first: Int, total: Int?)? {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst("bytes ".count).split(separator: "/")
        guard halves.count == 2, let first = halves[0].split(separator: "-").first.flatMap({ Int($0) }) else {
            return nil
        }
        return (first, Int(halves[1]))
    }
}
