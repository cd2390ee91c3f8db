import Glibc

/// How the kernel shares the processors between the threads of this process (sched(7)).
package enum ThreadPriority {
    /// How much a thread gives way: at 10, one that always works has about a ninth of what its equals have, and all of a
    /// processor that nobody else wants.
    private static let niceness: Int32 = 10

    /// Has the calling thread give way to the others when the processors do not suffice for all.
    ///
    /// On Linux the priority belongs to the thread, whatever POSIX says (setpriority(2), C library/kernel differences).
    package static func giveWay() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }
}
