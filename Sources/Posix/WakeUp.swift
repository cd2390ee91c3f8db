import CLinux
import Glibc

/// A descriptor that becomes readable when somebody calls, to wake an event loop from another thread (eventfd(2)).
package final class WakeUp: Sendable {
    private let descriptor: OwnedDescriptor

    /// The number to poll for reading.
    package var number: Int32 { descriptor.number }

    /// Opens the descriptor.
    package init() throws(SystemCallError) {
        let flags = Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)
        descriptor = OwnedDescriptor(owning: try systemCall("eventfd") { eventfd(0, flags) })
    }

    /// Makes the descriptor readable.
    ///
    /// Any thread may call; many calls before the next ``clear()`` are one.
    package func call() {
        var one: UInt64 = 1
        // EAGAIN means the counter is full, so the loop is already being woken.
        _ = unsafe write(number, &one, MemoryLayout<UInt64>.size)
    }

    /// Blocks until somebody calls or the time has come, and takes the call.
    package func wait(until deadline: ContinuousClock.Instant) {
        let left = ContinuousClock.now.duration(to: deadline)
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        // Whatever it says, the caller looks for itself.
        _ = unsafe poll(&entry, 1, Int32(max(0, min(left / .milliseconds(1), 1_000_000_000)).rounded(.up)))
        clear()
    }

    /// Makes the descriptor unreadable again.
    ///
    /// Only the loop that polls it calls this, before it looks at what is new.
    package func clear() {
        var count: UInt64 = 0
        _ = unsafe read(number, &count, MemoryLayout<UInt64>.size)
    }
}
