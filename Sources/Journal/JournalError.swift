package import Posix

/// Why a journal could not be opened or read.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The fixed list of reasons.
    package enum Code: String, CaseIterable, Sendable {
        /// Another process, or this one, has it open.
        case locked
        /// The file system or a file failed.
        case system
        /// The directory's path is not UTF-8.
        case notText = "not_text"
        /// The file that names the journal holds something else.
        case malformedIdentity = "malformed_identity"
        /// The event asked for is no longer kept.
        case pruned
        /// The position asked for is beyond the last event.
        case ahead
        /// A file does not hold what was written to it.
        case damaged
        /// Something would have to be cut or moved, and ``RecoveryPolicy/strict`` forbids it.
        case needsRepair = "needs_repair"
        /// The journal is closed.
        case closed
    }

    /// Which of the reasons.
    package let code: Code
    /// What happened and what to do, for people.
    package let message: String
    /// The failed call, for ``Code/system``.
    package let cause: SystemCallError?

    init(_ code: Code, _ message: String, cause: SystemCallError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// A failed call on the journal's files.
    init(_ cause: SystemCallError) {
        self.init(.system, "the journal's files cannot be used: \(cause)", cause: cause)
    }

    package var description: String { message }
}
