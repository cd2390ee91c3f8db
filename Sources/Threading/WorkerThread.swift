import CLinux
import Glibc
import Synchronization

/// A named thread that somebody must join.
///
/// Blocking work runs on these and never on Swift's cooperative pool. A thread that was not joined when its handle goes
/// is a bug, and stops the process: nothing of ours runs in the background unowned.
@safe
package final class WorkerThread: @unchecked Sendable {  // `joined` is atomic, `identifier` never changes.
    private let identifier: pthread_t
    private let joined = Atomic(false)

    /// Starts a thread that runs `body` once.
    ///
    /// - Parameters:
    ///   - name: What tools show for it; Linux keeps 15 bytes (pthread_setname_np(3)).
    ///   - body: The thread's whole work.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        // Released by `run`, on the new thread.
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var identifier = pthread_t()
        let code = unsafe pthread_create(&identifier, nil, run, start.toOpaque())
        precondition(code == 0, "no thread could be started: error \(code)")
        self.identifier = identifier
    }

    deinit {
        precondition(joined.load(ordering: .relaxed), "a thread was left behind without being joined")
    }

    /// Waits for the thread to end.
    ///
    /// Any number of callers may call; only the first one waits.
    package func join() {
        guard joined.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        let code = pthread_join(identifier, nil)
        precondition(code == 0, "a thread could not be joined: error \(code)")
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    unsafe start.name.withCString { unsafe CLinux_nameThread($0) }
    start.body()
    return nil
}
