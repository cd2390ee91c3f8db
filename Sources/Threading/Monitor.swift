import Glibc

/// A value that several threads share, behind a lock that a thread can also wait on.
///
/// A POSIX mutex and condition variable rather than `Synchronization.Mutex`: there is something to wait for,
/// ThreadSanitizer sees it on Linux (it does not see `Mutex`), and it does not collapse when more threads than cores
/// want it (swiftlang/swift#88440).
///
/// Keep what runs inside the closures short, and call no foreign code there: no two monitors are ever held together.
@safe
package final class Monitor<Value: ~Copyable>: @unchecked Sendable {  // `value` is only touched while `mutex` is held.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    /// Wraps a value; from here on it is only reachable under the lock.
    package init(_ value: consuming sending Value) {
        self.value = value
        // One block for both: each request has a monitor of its own.
        let block = unsafe UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<pthread_mutex_t>.stride + MemoryLayout<pthread_cond_t>.stride,
            alignment: max(MemoryLayout<pthread_mutex_t>.alignment, MemoryLayout<pthread_cond_t>.alignment)
        )
        unsafe mutex = block.initializeMemory(as: pthread_mutex_t.self, to: pthread_mutex_t())
        unsafe condition = (block + MemoryLayout<pthread_mutex_t>.stride)
            .initializeMemory(as: pthread_cond_t.self, to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe check(pthread_condattr_init(&attributes))
        // Deadlines are counted on the monotonic clock, so that a clock set by hand moves none
        // (pthread_condattr_setclock(3)).
        unsafe check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
        unsafe check(pthread_mutex_init(mutex, nil))
        unsafe check(pthread_cond_init(condition, &attributes))
        unsafe check(pthread_condattr_destroy(&attributes))
    }

    deinit {
        unsafe check(pthread_cond_destroy(condition))
        unsafe check(pthread_mutex_destroy(mutex))
        // The block begins with it.
        unsafe UnsafeMutableRawPointer(mutex).deallocate()
    }

    /// Runs `body` with the value, alone.
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe check(pthread_mutex_lock(mutex))
        defer { unsafe check(pthread_mutex_unlock(mutex)) }
        return try body(&value)
    }

    /// Waits until `condition` holds, then runs `body` with the value, both under the lock.
    ///
    /// - Parameters:
    ///   - condition: What is waited for; looked at again after each ``notifyAll()`` and ``notifyOne()``.
    ///   - body: What to do once it holds.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func wait<Result: ~Copyable, Failure: Error>(
        until condition: (borrowing Value) -> Bool,
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe check(pthread_mutex_lock(mutex))
        defer { unsafe check(pthread_mutex_unlock(mutex)) }
        while !condition(value) {
            unsafe check(pthread_cond_wait(self.condition, mutex))
        }
        return try body(&value)
    }

    /// Waits until `condition` holds or `timeout` has passed, then runs `body` with the value and whether it holds.
    package func wait<Result: ~Copyable, Failure: Error>(
        atMost timeout: Duration,
        until condition: (borrowing Value) -> Bool,
        _ body: (inout sending Value, _ holds: Bool) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        var deadline = timespec(monotonicAfter: timeout)
        unsafe check(pthread_mutex_lock(mutex))
        defer { unsafe check(pthread_mutex_unlock(mutex)) }
        while !condition(value) {
            let code = unsafe pthread_cond_timedwait(self.condition, mutex, &deadline)
            if code == ETIMEDOUT {
                return try body(&value, condition(value))
            }
            check(code)
        }
        return try body(&value, true)
    }

    /// Wakes one thread that waits.
    package func notifyOne() {
        unsafe check(pthread_cond_signal(condition))
    }

    /// Wakes every thread that waits.
    package func notifyAll() {
        unsafe check(pthread_cond_broadcast(condition))
    }
}

/// POSIX lets these calls fail only for misuse of ours, so a failure is a bug and stops the process.
private func check(_ code: Int32) {
    precondition(code == 0, "a pthread call failed with \(code)")
}

extension timespec {
    /// The instant `duration` from now on the monotonic clock.
    fileprivate init(monotonicAfter duration: Duration) {
        var now = timespec()
        unsafe check(clock_gettime(CLOCK_MONOTONIC, &now))
        let (seconds, attoseconds) = max(duration, .zero).components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        self.init(
            tv_sec: now.tv_sec + Int(min(seconds, 1 << 40)) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000
        )
    }
}
