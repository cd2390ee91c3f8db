internal import Glibc
internal import Posix

/// Microseconds since 1970 that only ever go forward, so that a clock set by hand disturbs no schedule.
struct EmulatorClock: Sendable {
    private let offset: Int64

    /// Takes the wall clock's time as the beginning.
    init() {
        offset = WallTime.now.microseconds - Self.monotonic()
    }

    /// Now.
    var now: Int64 { Self.monotonic() + offset }

    private static func monotonic() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

extension Duration {
    /// The whole microseconds.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
