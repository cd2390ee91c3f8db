/// The limits of a journal, and what it needs from outside.
package struct JournalOptions: Sendable {
    /// What a new journal is called: `urn:uuid:` and a random UUID in lower case; unused where a journal exists.
    package var newSource: String
    /// A segment that has this many bytes is not written to again.
    package var segmentBytesMax = 64 << 20
    /// A segment that is older than this is not written to again.
    package var segmentAgeMax = Duration.seconds(3600)
    /// The most bytes of lines that may wait to be written.
    package var queueBytesMax = 64 << 20
    /// The most events that may wait to be written.
    package var queueEventsMax = 65_536
    /// How long an event may wait before its write begins.
    ///
    /// fal gives up an attempt after 15 s, so a disk that is slower than this had better be admitted.
    package var queueAgeMax = Duration.seconds(5)
    /// The most events of one write.
    package var batchEventsMax = 256
    /// About the most bytes of one write; a single event may be larger.
    package var batchBytesMax = 1 << 20
    /// When a batch waits for company.
    package var gathering = GatherPolicy()
    /// What is done about bytes that are no event.
    package var recovery = RecoveryPolicy.keepValid
    /// How often a journal that found no room when it was opened looks again.
    package var roomPause = Duration.seconds(1)
    /// Ids up to this one have been seen by somebody, whatever the files say, and are not given again.
    package var seenSequence: UInt64 = 0
    /// Whether a start believes the indexes of sealed segments; otherwise it reads every segment and makes them anew.
    package var usesIndexes = true
    /// Whether a segment gets its index once it is sealed, on a thread of its own; otherwise the next start makes it.
    package var indexesSealed = true
    /// How many threads read segments at a start; with 0 the one that opens the journal does it all.
    package var recoveryThreads = 0

    /// The house's limits.
    package init(newSource: String) {
        self.newSource = newSource
    }
}
