import HTTPClient
import Posix

/// Puts an answer's body into a partial file, as far as it may go there.
///
/// Lives for one attempt, on the thread of that attempt.
final class FileSink: HTTPResponseSink {
    let partial: PartialFile
    private let expected: Int?
    private let bytesMax: Int
    private let resumed: (bytes: Int, notes: PartialFile.Notes)?
    /// How many bytes are there; they lie without a hole.
    private(set) var count: Int
    /// The length of the whole; nil when nobody says.
    private(set) var total: Int?
    /// Why the answer was not wanted.
    private(set) var failure: DownloadFailure?

    /// Prepares to go on behind what is there.
    init(_ partial: consuming PartialFile, expected: Int?, bytesMax: Int) throws(SystemCallError) {
        resumed = try partial.resumable()
        self.partial = partial
        self.expected = expected
        self.bytesMax = bytesMax
        count = resumed?.bytes ?? 0
    }

    /// The header fields that ask for what is missing.
    var headers: HTTPHeaders {
        guard let resumed else { return [:] }
        var headers: HTTPHeaders = ["Range": "bytes=\(resumed.bytes)-"]
        if !resumed.notes.tag.isEmpty { headers.add("If-Range", resumed.notes.tag) }
        return headers
    }

    /// Whether this attempt brought more than there was.
    var hasProgress: Bool { count > (resumed?.bytes ?? 0) }

    func begin(status: Int, headers: HTTPHeaders) -> Bool {
        do throws(DownloadFailure) {
            let answer = try FileAnswer(
                status: status,
                headers: headers,
                from: resumed?.bytes ?? 0,
                expected: expected,
                known: resumed?.notes.total,
                bytesMax: bytesMax
            )
            count = answer.offset
            total = answer.total
            if answer.offset == 0 { try storing { () throws(SystemCallError) in try begin(answer) } }
            return true
        } catch {
            // What cannot be gone on from is in the way.
            if resumed != nil, error.hope == .little { partial.discard() }
            failure = error
            return false
        }
    }

    func take(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= bytesMax - count else {
            failure = DownloadFailure(.tooLarge, "the file does not end before \(bytesMax) bytes")
            return false
        }
        do throws(DownloadFailure) {
            try storing { () throws(SystemCallError) in try partial.write(bytes, at: count) }
            count += bytes.count
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func begin(_ answer: FileAnswer) throws(SystemCallError) {
        try partial.begin(tag: answer.tag, total: answer.total)
    }

    private func storing(_ body: () throws(SystemCallError) -> Void) throws(DownloadFailure) {
        do throws(SystemCallError) {
            try body()
        } catch {
            throw DownloadFailure(error)
        }
    }
}
