/// One thing that is wrong with a journal.
package struct VerificationFailure: Equatable, Sendable {
    /// The fixed list of what can be wrong.
    package enum Kind: String, CaseIterable, Sendable {
        /// A line whose checksum is not that of its bytes: at least one bit is not what was written.
        case damaged
        /// Bytes that were never a line.
        case notALine = "not_a_line"
        /// A line with the right checksum that is not one of our events.
        case notAnEvent = "not_an_event"
        /// A segment that ends within a line, and nobody is writing it.
        case unfinished
        /// Ids that nothing accounts for.
        case missing
        /// An id that was there before.
        case duplicateID = "duplicate_id"
        /// An id that is lower than one before it, or stands in the wrong segment.
        case outOfOrder = "out_of_order"
        /// An event of another journal.
        case otherJournal = "other_journal"
        /// A delivery without all that its signature needs.
        case unsigned
        /// A delivery whose signature fits none of the keys.
        case unknownKey = "unknown_key"
    }

    /// What kind of thing.
    package let kind: Kind
    /// The segment's file.
    package let segment: String
    /// Where in it.
    package let offset: Int
    /// The ids it is about, as far as they can be told.
    package let ids: ClosedRange<UInt64>?
    /// What is wrong, for people.
    package let detail: String

    /// What to do about it.
    package var advice: String {
        switch kind {
        case .damaged, .notALine, .notAnEvent:
            "restore the segment from a backup, or let 'falconer journal repair' put these bytes into quarantine"
        case .unfinished:
            "never acknowledged: the next start, or 'falconer journal repair', puts these bytes into quarantine"
        case .missing: "restore the segment from a backup; no repair can bring back what is not there"
        case .duplicateID, .outOfOrder:
            "restore the segment from a backup, or let 'falconer journal repair' put the later line into quarantine"
        case .otherJournal: "it was copied here: restore the segment from a backup, and keep each journal's files apart"
        case .unsigned: "do not trust this event: it says that it is a delivery, and carries no proof"
        case .unknownKey:
            "verify with the key set of that day, --keys FILE (repeatable); if no key of fal's fits, do not trust it"
        }
    }
}
