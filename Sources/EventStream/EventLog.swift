package import Posix

/// The journal as the event stream sees it: events in order, each a line, readable once durable.
///
/// Any thread may call; the stream calls on its own thread only, and is held up for as long as a call takes.
package protocol EventLog: Sendable {
    /// What tells this journal from every other, `urn:uuid:…`; plain text without quotes or control characters.
    var source: String { get }

    /// The first and the last event that can be read now.
    var bounds: EventLogBounds { get }

    /// Begins to read behind an event; `first - 1` to begin with the first.
    ///
    /// - Parameter id: `bounds.first - 1` at least and `bounds.last` at most.
    /// - Returns: A cursor whose next event is the one after it.
    /// - Throws: ``EventLogError``, `pruned` when the event after it is no longer kept.
    func cursor(after id: UInt64) throws(EventLogError) -> any EventCursor

    /// Begins to read with the first event that was recorded at a time or later.
    ///
    /// - Parameter time: From when.
    /// - Returns: A cursor whose next event is the first of that time or later, or the next to come.
    /// - Throws: ``EventLogError``.
    func cursor(from time: WallTime) throws(EventLogError) -> any EventCursor
}

/// The first and last event that can be read.
package struct EventLogBounds: Equatable, Sendable {
    /// The id of the first event that is kept, 1 or more.
    package let first: UInt64
    /// The id of the last durable event; `first - 1` when there is none.
    package let last: UInt64

    /// Bounds as the journal has them.
    package init(first: UInt64, last: UInt64) {
        precondition(first >= 1 && last >= first - 1, "bounds \(first)…\(last)")
        self.first = first
        self.last = last
    }
}

/// A place in the journal that reads onward, for one subscriber.
///
/// The stream's thread alone uses it, so it needs no lock and is not `Sendable`.
package protocol EventCursor: AnyObject {
    /// The id of the last event that was handed out whole; before that, of the one it began behind.
    var lastID: UInt64 { get }

    /// Where it is. Cursors of one journal that are at the same place read the same.
    var place: EventPlace { get }

    /// Goes to where another cursor of the same journal is.
    func go(to place: EventPlace)

    /// How many bytes of lines are durable behind what the last read handed out; before the first read, about.
    var bytesLeft: Int { get }

    /// Appends whole journal lines, each with its line feed, and never one that is not durable.
    ///
    /// - Parameters:
    ///   - buffer: What to append to.
    ///   - limit: About how many bytes at most; a single line that is longer comes alone and whole.
    /// - Returns: What there was.
    /// - Throws: ``EventLogError``, `pruned` when the next event is no longer kept.
    func read(into buffer: inout [UInt8], limit: Int) throws(EventLogError) -> EventRead
}

/// A place in a journal between two events.
package struct EventPlace: Equatable, Sendable {
    /// The id of the event before it.
    package let lastID: UInt64
    /// The file that the next event is looked for in, as the journal numbers its files.
    package let file: UInt64
    /// Where in that file.
    package let offset: Int

    /// A place as the journal knows it.
    package init(lastID: UInt64, file: UInt64, offset: Int) {
        self.lastID = lastID
        self.file = file
        self.offset = offset
    }
}

/// What one read of a cursor came to.
package enum EventRead: Equatable, Sendable {
    /// Lines were appended.
    case lines
    /// These events are not in the journal, because they were damaged; nothing was appended, and the next read goes on
    /// behind them.
    case gap(ClosedRange<UInt64>)
    /// There is nothing more that is durable.
    case durableEnd
}

/// Why events could not be read.
package struct EventLogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The fixed list of reasons.
    package enum Code: String, Sendable {
        /// The events that come next are no longer kept; there are later ones.
        case pruned
        /// The disk or the file failed.
        case unreadable
        /// The journal is closed.
        case closed
    }

    /// Which of the reasons.
    package let code: Code
    /// What happened, for the log; never sent to a client.
    package let reason: String

    /// An error of the journal.
    package init(_ code: Code, reason: String) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "the journal could not be read (\(code.rawValue)): \(reason)" }
}
