/// Where a submission stands.
///
/// The state is a fold over the journal's events and is stored nowhere else.
package enum SubmissionState: String, CaseIterable, Sendable {
    /// On disk, not yet on its way. Next: `sending`.
    case created
    /// On its way to fal. A crash here leaves `uncertain`. Next: `waiting`, `accepted`, `refused`, `uncertain`, or an
    /// outcome that overtook fal's answer.
    case sending
    /// It certainly did not arrive, and will be sent again. Next: `sending`.
    case waiting
    /// The answer was lost after the request was sent. Never re-sent blindly. Next: an outcome, `lost`.
    case uncertain
    /// fal took it and works on it. Next: an outcome, `cancelled`, `lost`.
    case accepted
    /// fal, or a check of ours, said no. Final.
    case refused
    /// fal delivered a result. Final.
    case succeeded
    /// fal delivered an error. Final.
    case failed
    /// fal confirmed a cancellation. Final.
    case cancelled
    /// fal does not know it, or its result expired, or nothing can be known of it. Final, but for an outcome that is
    /// delivered after all, and for a person who has it sent again.
    case lost

    /// Whether an event may take it from here to another state.
    func canBecome(_ next: SubmissionState) -> Bool {
        isOpen || (self == .lost && (next == .succeeded || next == .failed || next == .waiting))
    }

    /// Whether something is still to come.
    package var isOpen: Bool {
        switch self {
        case .created, .sending, .waiting, .uncertain, .accepted: true
        case .refused, .succeeded, .failed, .cancelled, .lost: false
        }
    }
}
