import JSONText

/// An event of the journal.
///
/// It is a CloudEvents 1.0 event (https://github.com/cloudevents/spec); an attribute that is not known is nil.
public struct FalconerEvent: Equatable, Sendable {
    /// The journal's own line, byte for byte, without its line feed.
    public let line: [UInt8]
    /// Its place in the journal, from 1, and what to go on from.
    public let id: UInt64
    /// The journal that the id belongs to, `urn:uuid:…`.
    public let source: String
    /// What happened, `fal.request.succeeded`.
    public let type: String
    /// fal's id of the request.
    public let subject: String?
    /// When it was recorded, RFC 3339.
    public let time: String?
    /// Our id of the submission.
    public let submission: String?
    /// The fal endpoint.
    public let endpoint: String?
    /// How it was learned, `webhook` or `queue`.
    public let origin: String?
    /// What the submitter called it.
    public let tag: String?

    private let dataRange: Range<Int>?
    private let isText: Bool

    /// The body as JSON, byte for byte as fal sent it; nil when the body was no single line of JSON.
    ///
    /// Give it to a decoder of your choice: `JSONDecoder().decode(Outcome.self, from: Data(event.data ?? []))`.
    public var data: ArraySlice<UInt8>? { isText ? nil : dataRange.map { line[$0] } }

    /// The body in base 64, where it was no single line of JSON.
    public var dataBase64: ArraySlice<UInt8>? { isText ? dataRange.map { line[$0] } : nil }

    /// Reads a journal line; nil when it is none.
    init?(line: [UInt8]) {
        guard let frame = ClientFrame(line), let id = frame.id("id"), let type = frame.text("type"),
            let source = frame.text("source")
        else { return nil }
        self.line = line
        self.id = id
        self.type = type
        self.source = source
        subject = frame.text("subject")
        time = frame.text("time")
        submission = frame.text("submission")
        endpoint = frame.text("endpoint")
        origin = frame.text("origin")
        tag = frame.text("tag")
        if let base64 = frame.range("data_base64") {
            // Between its quotes.
            dataRange = base64.lowerBound + 1..<base64.upperBound - 1
            isText = true
        } else {
            dataRange = frame.range("data")
            isText = false
        }
    }
}
