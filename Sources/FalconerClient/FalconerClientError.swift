/// Why a request to the service came to nothing.
public struct FalconerClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong: one of the service's codes, as the protocol's page lists them, or one of these.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's word.
        public let rawValue: String

        /// A code of that word.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The service could not be reached, or the connection ended; nothing was asked of it.
        public static let unreachable = Code(rawValue: "client_unreachable")
        /// The connection ended before the answer came: what was asked may have been carried out.
        public static let unanswered = Code(rawValue: "client_unanswered")
        /// The service said something that is not of its protocol.
        public static let malformed = Code(rawValue: "client_malformed")
    }

    /// The word for programs.
    public let code: Code
    /// What happened and what to do, for people.
    public let message: String

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }

    /// Whether another attempt may go better.
    var isPassing: Bool {
        [
            "too_many_connections", "too_many_connections_of_user", "busy", "line_timeout", "output_overflow",
            "journal_unreadable", "consumer_busy",
            Code.unreachable.rawValue,
        ].contains(code.rawValue)
    }
}
