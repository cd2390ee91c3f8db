import Glibc

/// A point in time as the wall clock shows it: microseconds since 1970, UTC.
package struct WallTime: Comparable, Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var microseconds: Int64

    /// A point in time by its count of microseconds.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// What the wall clock shows now.
    ///
    /// It is CLOCK_REALTIME (clock_gettime(2)), which can jump.
    package static var now: WallTime {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000 }

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.microseconds < right.microseconds
    }
}

/// How long the calling thread has had a processor, as CLOCK_THREAD_CPUTIME_ID counts it (clock_gettime(2)).
package func threadTime() -> Duration {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
