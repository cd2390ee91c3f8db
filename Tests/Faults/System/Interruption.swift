import Glibc
import Synchronization

/// Whether somebody pressed Ctrl-C: what runs then ends at its next step, and cleans up behind itself.
enum Interruption {
    // A signal handler can reach nothing else.
    private static let flag = Atomic(false)

    /// Catches SIGINT and SIGTERM from here on.
    static func catchSignals() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
        }
    }

    /// Whether it has happened.
    static var isRequested: Bool { flag.load(ordering: .relaxed) }
}

/// Waits; a harness has moments that are defined by nothing but time.
func rest(_ duration: Duration) {
    _ = poll(nil, 0, Int32(clamping: Int(duration / .milliseconds(1))))
}

/// Waits until a condition holds, looking every few milliseconds.
///
/// - Returns: Whether it held in time.
func waits(atMost limit: Duration, until condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now >= deadline || Interruption.isRequested { return false }
        rest(.milliseconds(2))
    }
    return true
}
