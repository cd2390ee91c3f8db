package import Journal

extension Ledger {
    /// What the service itself still needs.
    var holds: [RetentionHold] { withBook { $0.holds } }
}

extension SubmissionBook {
    /// Every event from the beginning of the oldest submission that is open, if one is.
    ///
    /// What is under way has to end for this to move, so it stands in the way of new submissions alone.
    package var holds: [RetentionHold] {
        guard let oldest = oldestOpenSequence else { return [] }
        return [RetentionHold(holder: "open submissions", cursor: oldest - 1, refusal: .beginnings)]
    }

    /// The sequence of the `created` event of the oldest submission that is open; nil when none is.
    package var oldestOpenSequence: UInt64? {
        openEntries.first?.createdSequence
    }
}

extension Ledger.Failure {
    /// Whether the journal may take it later, or says itself that it does not.
    var isPassing: Bool {
        switch self {
        case .journal(.full), .journal(.held), .journal(.readOnly): true
        default: false
        }
    }
}

extension JournalFailure {
    /// What happened and what to do about it, for people.
    var explanation: String {
        switch self {
        case .full: "there is no room on the disk; free some, and try again"
        case .held:
            "the journal has reached --retain-bytes and its oldest events are still needed; "
                + "let their holder catch up, or start the service with a higher limit"
        case .readOnly: "the disk can only be read; repair it, and start the service again"
        case .poisoned: "the disk failed; look at it, and start the service again"
        case .queueFull, .tooOld: "the disk is too slow; try again"
        case .tooLarge: "it is too large for one event"
        case .closed: "the service is stopping"
        }
    }
}
