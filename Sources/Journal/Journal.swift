package import Logging
package import Posix
package import SystemPackage

/// The ordered log of all events: what it says is durable is on disk, in order, for good.
///
/// Any thread may call. One thread of the journal's own writes and synchronizes.
package final class Journal: Sendable {
    /// What tells this journal from every other, `urn:uuid:…`.
    package let source: String

    /// Opens a journal, making it where there is none.
    ///
    /// Repairs what a crash left, hands every event to `replay` in order, and takes the lock that keeps other processes
    /// out until ``close()``.
    ///
    /// - Parameters:
    ///   - directory: Where its files are; made with mode 0750 if missing.
    ///   - options: Its limits.
    ///   - fileSystem: The disk.
    ///   - clock: For waits and ages.
    ///   - logger: Where repairs and failures are told.
    ///   - replay: Called for each event that is in the journal, on the calling thread, before this returns.
    /// - Returns: The journal, ready to be written to.
    /// - Throws: ``JournalError``, `locked` with the other's process id.
    package static func open(
        directory: FilePath,
        options: JournalOptions,
        fileSystem: any FileSystem,
        clock: JournalClock = .monotonic,
        logger: Logger,
        replay: (EventLine) -> Void = { _ in }
    ) throws(JournalError) -> Journal {
        throw JournalError(.closed, "not made yet")
    }

    init(source: String) {
        self.source = source
    }

    /// The ids that can be read; `last` is `first - 1` when there are none.
    package var durable: (first: UInt64, last: UInt64) { (1, 0) }

    /// Why nothing is stored at the moment; `nil` while all is well.
    package var failure: JournalFailure? { nil }

    /// What was done so far.
    package var statistics: JournalStatistics { JournalStatistics() }

    /// Stores an event, and says when it is on disk.
    ///
    /// Never blocks. A refusal is told on the calling thread before this returns; all else on the journal's thread, in
    /// the order of ids, after the sync that covers the event. The completion must be short and must not wait.
    package func append(_ draft: EventDraft, completion: @escaping @Sendable (AppendOutcome) -> Void) {
        completion(.failed(.closed))
    }

    /// Stores an event and waits until it is on disk.
    ///
    /// - Returns: Its id.
    /// - Throws: Why it was not stored.
    package func appendAndWait(_ draft: EventDraft) throws(JournalFailure) -> UInt64 {
        throw .closed
    }

    /// Calls `observer` on the journal's thread with the last durable id, after each batch's completions.
    ///
    /// It must be short and must not wait. It stays until the journal is closed.
    package func onDurable(_ observer: @escaping @Sendable (UInt64) -> Void) {}

    /// Begins to read behind an event; 0 begins with the first that is kept, and so does any id before it.
    ///
    /// - Throws: ``JournalError``, `ahead` when the id is beyond the last durable event.
    package func reader(after id: UInt64) throws(JournalError) -> JournalReader {
        throw JournalError(.closed, "not made yet")
    }

    /// Begins to read with the first event that was recorded at a time or later.
    ///
    /// - Throws: ``JournalError``.
    package func reader(from time: WallTime) throws(JournalError) -> JournalReader {
        throw JournalError(.closed, "not made yet")
    }

    /// Writes what waits, ends the thread, and lets the next process in; later calls change nothing.
    package func close() {}
}
