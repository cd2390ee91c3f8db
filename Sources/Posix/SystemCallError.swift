package import SystemPackage

/// A system call that failed: which one, why, and on what.
package struct SystemCallError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call's name as in its man page, `fdatasync`.
    package let call: String
    /// What it set `errno` to.
    package let errno: Errno
    /// What it was called on, a path or an address; empty where there is nothing to say.
    package let subject: String

    /// Makes an error of a call that was not made through this module.
    package init(call: String, errno: Errno, subject: String = "") {
        self.call = call
        self.errno = errno
        self.subject = subject
    }

    package var description: String {
        let reason = "\(call): \(errno.description)"
        return subject.isEmpty ? reason : "\(reason) (\(subject))"
    }
}
