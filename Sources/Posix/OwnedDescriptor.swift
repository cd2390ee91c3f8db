import Glibc
import SystemPackage

/// A file descriptor with exactly one owner, closed when the owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, for calls made while the owner is alive.
    package let number: Int32

    /// Takes over a descriptor that nobody else will close.
    package init(owning number: Int32) {
        precondition(number >= 0, "not a descriptor: \(number)")
        self.number = number
    }

    deinit {
        // Linux frees the number even when close fails (close(2)), so there is nothing to retry.
        _ = Glibc.close(number)
    }

    /// Gives the number away: from here on the caller must close it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Closes now, and says when the kernel reported an error that was still pending.
    package consuming func close() throws(SystemCallError) {
        let number = release()
        if Glibc.close(number) == -1 {
            throw SystemCallError(call: "close", errno: Errno(rawValue: errno))
        }
    }
}
