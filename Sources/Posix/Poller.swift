import CLinux
import Glibc
import SystemPackage

/// The readiness of many descriptors, watched by one thread (epoll(7), level-triggered).
///
/// Each descriptor carries a token of the caller's choice, which comes back with its events: a number that is never
/// used twice tells an event of a descriptor that is already closed from one of its successor.
package struct Poller: ~Copyable, Sendable {
    /// What a descriptor can be watched for; hang-ups and errors are always reported.
    package struct Interest: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt8

        /// An interest by its bits.
        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// There is something to read, or the other side has ended its writing.
        package static let read = Interest(rawValue: 1)
        /// There is room to write.
        package static let write = Interest(rawValue: 2)
    }

    /// One descriptor that is ready.
    package struct Event: Equatable, Sendable {
        /// What the descriptor was added with.
        package let token: UInt64
        /// What it is ready for.
        package let ready: Interest
        /// Whether both directions are over, or the descriptor failed.
        package let isHungUp: Bool
    }

    /// The most events that one ``wait(timeout:into:)`` returns; the others come with the next.
    package static let eventsMax = 256

    private let descriptor: OwnedDescriptor

    /// Opens the descriptor.
    package init() throws(SystemCallError) {
        let flags = Int32(EPOLL_CLOEXEC)
        descriptor = OwnedDescriptor(owning: try systemCall("epoll_create1") { epoll_create1(flags) })
    }

    /// Begins to watch a descriptor.
    package func add(_ number: Int32, token: UInt64, interest: Interest) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, number, token, interest)
    }

    /// Changes what a descriptor is watched for.
    package func modify(_ number: Int32, token: UInt64, interest: Interest) throws(SystemCallError) {
        try control(EPOLL_CTL_MOD, number, token, interest)
    }

    /// Ends the watch; closing the last copy of a descriptor does the same.
    package func remove(_ number: Int32) throws(SystemCallError) {
        try control(EPOLL_CTL_DEL, number, 0, [])
    }

    /// Waits until a descriptor is ready, or the time is over.
    ///
    /// An interruption by a signal ends the wait with no events.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait, rounded up to milliseconds; nil waits without end.
    ///   - events: Replaced by what is ready, at most ``eventsMax``.
    /// - Throws: ``SystemCallError``, which only exhaustion of kernel memory can cause.
    package func wait(timeout: Duration?, into events: inout [Event]) throws(SystemCallError) {
        events.removeAll(keepingCapacity: true)
        let milliseconds = timeout.map(Self.milliseconds) ?? -1
        let result = unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { buffer in
            let count = unsafe epoll_wait(descriptor.number, buffer.baseAddress, Int32(buffer.count), milliseconds)
            for index in 0..<Int(max(count, 0)) {
                events.append(unsafe Event(buffer[index]))
            }
            return count == -1 ? errno : 0
        }
        if result != 0, result != EINTR {
            throw SystemCallError(call: "epoll_wait", errno: Errno(rawValue: result))
        }
    }

    private func control(
        _ operation: Int32,
        _ number: Int32,
        _ token: UInt64,
        _ interest: Interest
    ) throws(SystemCallError) {
        var flags: UInt32 = 0
        if interest.contains(.read) { flags |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.write) { flags |= EPOLLOUT.rawValue }
        var event = unsafe epoll_event()
        unsafe event.events = flags
        unsafe event.data.u64 = token
        try systemCall("epoll_ctl") { unsafe epoll_ctl(descriptor.number, operation, number, &event) }
    }

    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = max(duration, .zero).components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension Poller.Event {
    fileprivate init(_ event: epoll_event) {
        let flags = unsafe event.events
        var ready: Poller.Interest = []
        if flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { ready.insert(.read) }
        if flags & EPOLLOUT.rawValue != 0 { ready.insert(.write) }
        self.init(
            token: unsafe event.data.u64,
            ready: ready,
            isHungUp: flags & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        )
    }
}
