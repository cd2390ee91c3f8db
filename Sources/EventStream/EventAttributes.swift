/// The attributes of an event, as its line carries them (CloudEvents 1.0, https://github.com/cloudevents/spec).
package struct EventAttributes: Equatable, Sendable {
    /// The event's place in the journal, and the cursor to go on from.
    package let id: UInt64
    /// What happened, `fal.request.succeeded`.
    package let type: String
    /// fal's id of the request.
    package let subject: String?
    /// When it was recorded, RFC 3339.
    package let time: String?
    /// Our id of the submission.
    package let submission: String?
    /// The fal endpoint.
    package let endpoint: String?
    /// How it was learned, `webhook` or `queue`.
    package let origin: String?
    /// What the submitter called it.
    package let tag: String?
    /// Where in the line the value of `data` stands; nil when there is none, or only `data_base64`.
    package let data: Range<Int>?

    /// The bytes of the end of a line, `,"crc32c":"9ae0daaf"}`.
    private static let endBytes = 21

    /// Reads a journal line, with or without its line feed; nil when it is none.
    package init?(line: [UInt8]) {
        let range = 0..<(line.last == 0x0A ? line.count - 1 : line.count)
        guard let ranges = AttributeRanges(line, in: range), let id = JournalLines.id(in: line, at: 0),
            let type = ranges.type
        else { return nil }
        func text(_ range: Range<Int>?) -> String? {
            range.map { String(decoding: AttributeRanges.value(line, $0), as: UTF8.self) }
        }
        self.id = id
        self.type = String(decoding: AttributeRanges.value(line, type), as: UTF8.self)
        subject = text(ranges.subject)
        time = text(ranges.time)
        submission = text(ranges.submission)
        endpoint = text(ranges.endpoint)
        origin = text(ranges.origin)
        tag = text(ranges.tag)
        let end = range.upperBound - Self.endBytes
        data = ranges.dataStart.flatMap { $0 < end ? $0..<end : nil }
    }
}
