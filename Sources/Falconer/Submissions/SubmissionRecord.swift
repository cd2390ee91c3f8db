package import Posix

/// What is known of one submission.
package struct SubmissionRecord: Sendable {
    /// Our id for it.
    package let id: SubmissionID
    /// The fal endpoint it goes to.
    package let endpoint: String
    /// The label its submitter gave it.
    package let tag: String?
    /// The capability in its webhook URL.
    package let token: HookToken
    /// When it was recorded.
    package let createdAt: WallTime
    /// The sequence of its `created` event, where its input can be read again.
    package let createdSequence: UInt64
    /// Where it stands.
    package internal(set) var state: SubmissionState
    /// fal's id for it, once known.
    package internal(set) var requestID: String?
    /// How often it was sent.
    package internal(set) var sendCount: Int
    /// The sequence of the newest event about it.
    package internal(set) var lastSequence: UInt64
    /// When that event was recorded.
    package internal(set) var updatedAt: WallTime
}
