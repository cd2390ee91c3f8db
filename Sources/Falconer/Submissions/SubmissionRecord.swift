package import Posix

/// What is known of one submission, with what the journal holds of it.
package struct SubmissionRecord: Sendable {
    /// What the book keeps.
    package let entry: SubmissionEntry
    /// The fal endpoint it goes to; nil when the journal does not keep its beginning any more.
    package let endpoint: String?
    /// The label its submitter gave it.
    package let tag: String?
    /// fal's id for it, where it is known.
    package let requestID: String?
    /// When it was recorded; nil when the journal does not keep that any more.
    package let createdAt: WallTime?
    /// When the newest event about it was recorded; nil when the journal does not keep that any more.
    package let updatedAt: WallTime?

    /// Why it is where it is, where that is said of its state.
    package let why: String?

    /// Our id for it.
    package var id: SubmissionID { entry.id }

    /// Where it stands.
    package var state: SubmissionState { entry.state }

    /// Whether a part of what there was to know is not kept any more.
    package var isPruned: Bool { endpoint == nil || updatedAt == nil }
}
