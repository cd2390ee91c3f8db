/// The codes of `error` frames that the stream itself sends; commands have their own as well.
package enum StreamErrorCode: String, CaseIterable, Sendable {
    /// The line is no JSON object with a string "op".
    case badJSON = "bad_json"
    /// An option has the wrong form, is not known, or excludes another.
    case badOption = "bad_option"
    /// No such "op".
    case unknownOp = "unknown_op"
    /// The line is longer than the limit; the connection is closed.
    case lineTooLong = "line_too_long"
    /// The line was begun and not ended in time; the connection is closed.
    case lineTimeout = "line_timeout"
    /// There are too many connections in all; this one is closed.
    case tooManyConnections = "too_many_connections"
    /// There are too many connections of this user; this one is closed.
    case tooManyConnectionsOfUser = "too_many_connections_of_user"
    /// The client is not on the list of those who may submit.
    case notAllowedToSubmit = "not_allowed_to_submit"
    /// The client is not on the list of those who may subscribe.
    case notAllowedToSubscribe = "not_allowed_to_subscribe"
    /// The client is not on the list of those who may administer.
    case notAllowedToAdminister = "not_allowed_to_administer"
    /// All clients together have sent too much that is not complete; this connection is closed.
    case busy
    /// The connection has its subscription already.
    case alreadySubscribed = "already_subscribed"
    /// The event asked for lies beyond the last.
    case cursorAhead = "cursor_ahead"
    /// The position is one in another journal.
    case otherJournal = "other_journal"
    /// There is no consumer of that name.
    case unknownConsumer = "unknown_consumer"
    /// The consumer exists with other settings, or exists already.
    case consumerExists = "consumer_exists"
    /// The consumer has its member, and is not shared; or it cannot be changed while it has one.
    case consumerBusy = "consumer_busy"
    /// The consumer's file cannot be read.
    case consumerUnreadable = "consumer_unreadable"
    /// There are too many consumers.
    case tooManyConsumers = "too_many_consumers"
    /// The connection takes part in no consumer, so that it has nothing to acknowledge.
    case noConsumer = "no_consumer"
    /// The event was not delivered to this consumer.
    case notDelivered = "not_delivered"
    /// The event is not parked.
    case notParked = "not_parked"
    /// The client did not take its replies; the connection is closed.
    case outputOverflow = "output_overflow"
    /// The journal could not be read; the connection is closed.
    case journalUnreadable = "journal_unreadable"
    /// A command ended without an answer.
    case noAnswer = "no_answer"
}
