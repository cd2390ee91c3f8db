import Glibc

/// How many descriptors this process may have open (getrlimit(2), RLIMIT_NOFILE).
package enum OpenFilesLimit {
    /// Raises the limit that is in force to the one that nothing but privileges can go beyond.
    ///
    /// The soft limit is 1,024 by default so that programs with select(2) keep working; there is none of it here.
    ///
    /// - Returns: The limit afterwards; where the kernel does not take more, as it was.
    @discardableResult
    package static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if raised.rlim_cur > limit.rlim_cur,
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0
        {
            limit = raised
        }
        return Int(clamping: limit.rlim_cur)
    }
}
