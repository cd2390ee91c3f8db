package import Journal

/// What the book keeps of every submission, open or closed: 64 bytes.
///
/// All else about a closed one stands in the journal, at the sequences in here.
package struct SubmissionEntry: Equatable, Sendable {
    /// Our id for it.
    package let id: SubmissionID
    /// fal's id for it in 16 bytes; zero where none is known.
    private var requestKey = EventKey(high: 0, low: 0)
    /// The sequence of its `created` event; 0 when the journal does not keep that any more.
    package let createdSequence: UInt64
    /// The sequence of the newest event about it.
    package internal(set) var lastSequence: UInt64
    /// The sequence of the first outcome of its request; 0 while there is none.
    package internal(set) var outcomeSequence: UInt64 = 0
    /// How often it was sent.
    package internal(set) var sendCount: UInt32 = 0
    /// Where it stands.
    package internal(set) var state: SubmissionState

    /// A submission that was just recorded, or one of which only a later event is left.
    init(_ id: SubmissionID, createdSequence: UInt64, lastSequence: UInt64, state: SubmissionState) {
        self.id = id
        self.createdSequence = createdSequence
        self.lastSequence = lastSequence
        self.state = state
    }

    /// fal's id for it in 16 bytes, once known.
    package internal(set) var request: EventKey? {
        get { requestKey == EventKey(high: 0, low: 0) ? nil : requestKey }
        set { requestKey = newValue ?? EventKey(high: 0, low: 0) }
    }
}

/// What the book keeps besides of a submission that is open.
package struct SubmissionDetails: Equatable, Sendable {
    /// The fal endpoint it goes to.
    package var endpoint: String
    /// The label its submitter gave it.
    package var tag: String?
    /// fal's id for it, once known.
    package var requestID: String?

    /// Gathers the details.
    package init(endpoint: String, tag: String?, requestID: String? = nil) {
        self.endpoint = endpoint
        self.tag = tag
        self.requestID = requestID
    }
}
