/// The codes of `error` frames that the stream itself sends; commands have their own as well.
package enum StreamErrorCode: String, CaseIterable, Sendable {
    /// The line is no JSON object with a string "op".
    case badJSON = "bad_json"
    /// An option has the wrong form, is not known, or excludes another.
    case badOption = "bad_option"
    /// No such "op".
    case unknownOp = "unknown_op"
    /// The "op" or option belongs to a later version of the protocol.
    case unsupported
    /// The line is longer than the limit; the connection is closed.
    case lineTooLong = "line_too_long"
    /// The line was begun and not ended in time; the connection is closed.
    case lineTimeout = "line_timeout"
    /// There are too many connections, in all or of this user; this one is closed.
    case tooManyConnections = "too_many_connections"
    /// All clients together have sent too much that is not complete; this connection is closed.
    case busy
    /// The connection has its subscription already.
    case alreadySubscribed = "already_subscribed"
    /// The event asked for lies beyond the last.
    case cursorAhead = "cursor_ahead"
    /// The position is one in another journal.
    case otherJournal = "other_journal"
    /// The client did not take its replies; the connection is closed.
    case outputOverflow = "output_overflow"
    /// The journal could not be read; the connection is closed.
    case journalUnreadable = "journal_unreadable"
    /// A command ended without an answer.
    case noAnswer = "no_answer"
}
