import JSONText
package import Journal
package import Posix

extension DownloadList.Job {
    /// The files of an outcome, as jobs.
    ///
    /// - Parameters:
    ///   - outcome: The outcome's sequence.
    ///   - data: Its body.
    ///   - template: How files are named.
    ///   - directory: The folder they go to.
    ///   - origin: Whose they are; not asked for when there are none.
    /// - Returns: At most ``MediaFile/filesMax`` jobs.
    static func all(
        of outcome: UInt64,
        _ data: [UInt8],
        _ template: PathTemplate,
        _ directory: String,
        origin: () -> DownloadList.Origin
    ) -> [DownloadList.Job] {
        let files = MediaFile.all(in: data)
        guard !files.isEmpty else { return [] }
        let origin = origin()
        let values = PathTemplate.Values(
            submission: origin.submission,
            requestID: origin.requestID,
            endpoint: origin.endpoint
        )
        return zip(files, template.paths(files, values)).enumerated().map { index, pair in
            DownloadList.Job(
                outcome: outcome,
                index: index,
                file: pair.0,
                directory: directory,
                path: pair.1,
                origin: origin
            )
        }
    }

    /// The event that says what the file came to: `fal.media.saved` or `fal.media.failed`.
    package func event(of result: DownloadList.Result, at time: WallTime) -> EventDraft {
        var writer = JSONObjectWriter()
        writer.member("url", file.url)
        let type: EventType
        switch result {
        case .saved(let saved):
            type = .mediaSaved
            writer.member("path", saved.path)
            writer.member("bytes", saved.bytes)
            writer.member("sha256", saved.sha256)
        case .failed(let failure):
            type = .mediaFailed
            writer.member("code", failure.code.rawValue)
            writer.member("message", failure.message)
        }
        writer.member("submission", origin.submission)
        writer.member("request_id", origin.requestID)
        writer.member("outcome", "\(outcome)")
        writer.member("index", index)
        var draft = EventDraft(type: type, time: time, data: EventData(writer.bytes))
        draft.subject = origin.requestID
        draft.submission = origin.submission
        draft.endpoint = origin.endpoint
        draft.tag = origin.tag
        return draft
    }
}
