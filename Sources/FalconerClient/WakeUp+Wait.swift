import Glibc
import Posix

extension WakeUp {
    /// Waits until somebody calls, or until a time.
    func wait(until deadline: ContinuousClock.Instant) {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        _ = unsafe poll(&entry, 1, Int32(min(max(left, 0).rounded(.up), 1_000_000_000)))
        if entry.revents != 0 { clear() }
    }
}
