/// Why an event was not stored.
package enum JournalFailure: String, Error, CaseIterable, Sendable {
    /// The disk, the quota or the file size limit is reached; it works again when there is room.
    case full
    /// The journal has reached its byte limit, and somebody still needs its oldest events: see ``Journal/block``.
    case held
    /// The file system was read-only, or failed, when the journal was opened; it has to be opened again.
    case readOnly = "read_only"
    /// A sync or a write failed for good: this process stores nothing any more, and has to be started again.
    case poisoned
    /// More waits to be written than ``JournalOptions/queueBytesMax`` or ``JournalOptions/queueEventsMax`` allow.
    case queueFull = "queue_full"
    /// It waited longer than ``JournalOptions/queueAgeMax``; the disk is too slow.
    case tooOld = "too_old"
    /// Its line would be longer than ``LineFormat/lineBytesMax``.
    case tooLarge = "too_large"
    /// The journal is being closed.
    case closed
}

/// What became of an event.
package enum AppendOutcome: Equatable, Sendable {
    /// It and every event before it is on disk; this is its id.
    case durable(UInt64)
    /// It is not acknowledged, and is not in the journal.
    ///
    /// After ``JournalFailure/poisoned`` alone it may be: nobody knows what a failed sync left behind.
    case failed(JournalFailure)
}
