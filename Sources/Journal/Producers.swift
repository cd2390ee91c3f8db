import Synchronization

/// How many threads are at work on what may become an event, so that a batch knows whether company is on its way.
///
/// Nobody has to say so: where none does, no batch waits.
package final class Producers: Sendable {
    private let busy = Atomic(0)
    private let isWatched = Atomic(false)
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// A thread has something to do.
    package func begin() {
        busy.add(1, ordering: .sequentiallyConsistent)
    }

    /// A thread has nothing to do any more; as often as ``begin()``.
    package func end() {
        let left = busy.subtract(1, ordering: .sequentiallyConsistent).newValue
        if left == 0, isWatched.load(ordering: .sequentiallyConsistent) { wake() }
    }

    /// Whether nobody is at work.
    var areIdle: Bool { busy.load(ordering: .sequentiallyConsistent) == 0 }

    /// Whether the journal's thread wants to know when nobody is at work any more.
    func watch(_ isWatched: Bool) {
        self.isWatched.store(isWatched, ordering: .sequentiallyConsistent)
    }
}
