import Glibc

/// The clock by which waits and ages are counted.
package struct JournalClock: Sendable {
    /// The time since some fixed moment; it never goes back.
    package let now: @Sendable () -> Duration

    /// A clock of the caller's own.
    package init(now: @escaping @Sendable () -> Duration) {
        self.now = now
    }

    /// CLOCK_MONOTONIC (clock_gettime(2)).
    package static let monotonic = JournalClock {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
