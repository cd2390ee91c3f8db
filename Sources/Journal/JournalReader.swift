/// A place in the journal that reads onward; one for each subscriber, used by one thread at a time.
package final class JournalReader {
    /// The id of the last event handed out; before that, of the one it began behind.
    package private(set) var lastID: UInt64 = 0

    /// What one read came to.
    package enum Outcome: Equatable, Sendable {
        /// Whole lines were appended.
        case lines
        /// There is nothing more that is durable.
        case caughtUp
        /// These ids are not in the journal; the next read goes on behind them.
        case gap(ClosedRange<UInt64>)
    }

    /// Appends whole lines, each with its line feed, none of them beyond the durable end.
    ///
    /// - Parameters:
    ///   - buffer: What to append to.
    ///   - limit: The most bytes, but for a single line that is longer, which comes alone and whole.
    /// - Returns: What came of it.
    /// - Throws: ``JournalError``.
    package func read(into buffer: inout [UInt8], limit: Int) throws(JournalError) -> Outcome {
        .caughtUp
    }
}
