import Journal
import Posix

/// Why a file is not here.
package struct DownloadFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reasons there are; the raw value is in the event `fal.media.failed`.
    package enum Code: String, Sendable, CaseIterable {
        /// The URL cannot be used: its form or its scheme.
        case badURL = "bad_url"
        /// The URL is not `https`, or names a port of its own.
        case notHTTPS = "not_https"
        /// The host is none of fal's media hosts and was not allowed either.
        case hostNotAllowed = "host_not_allowed"
        /// The host's name leads to an address that is not public.
        case privateAddress = "private_address"
        /// The server sends elsewhere.
        case redirect
        /// The file is larger than is taken.
        case tooLarge = "too_large"
        /// The length is not the one that was said.
        case wrongLength = "wrong_length"
        /// The server does not have it, or not for us.
        case gone
        /// It took too long.
        case timeout
        /// The server could not be reached, or broke off.
        case network
        /// The server answered with something else than the file.
        case badAnswer = "bad_answer"
        /// The disk did not take it.
        case storage
        /// The service is stopping.
        case interrupted
    }

    /// What is to be done about it.
    package enum Hope: Sendable {
        /// It will be the same next time.
        case none
        /// Perhaps it was an exception: a few more tries.
        case little
        /// It passes.
        case good
    }

    /// The reason.
    package let code: Code
    /// The reason for people, one line.
    package let message: String
    /// What is to be done about it.
    package let hope: Hope
    /// A wait that the server asked for, microseconds.
    package let retryAfter: Int64

    /// Says what went wrong.
    package init(_ code: Code, _ message: String, _ hope: Hope = .none, retryAfter: Int64 = 0) {
        self.code = code
        self.message = message
        self.hope = hope
        self.retryAfter = retryAfter
    }

    /// The disk did not take something; there may be room later.
    init(_ error: SystemCallError) {
        self.init(.storage, "\(error)", .good)
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
