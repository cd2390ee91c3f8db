import Logging
import Synchronization
import Threading

/// What the loops of one server share.
final class ServerShared: Sendable {
    let limits: ServerLimits
    let handler: any HTTPHandler
    let logger: Logger
    let admission: Admission
    let counters = ServerCounters()
    /// The bytes of bodies that are held for requests under way.
    let bodyBytes = Atomic(0)
    /// No more connections; each answer ends its connection.
    let isDraining = Atomic(false)
    /// Streams are ended too.
    let isFinishingStreams = Atomic(false)
    /// The loops end.
    let isStopping = Atomic(false)
    /// Told when a loop begins to work and when it waits again.
    let onWork: (@Sendable (Bool) -> Void)?
    /// How many loops still have connections, or may still get some.
    let busyLoops: Monitor<Int>

    init(
        limits: ServerLimits,
        handler: any HTTPHandler,
        logger: Logger,
        loops: Int,
        onWork: (@Sendable (Bool) -> Void)? = nil
    ) {
        self.limits = limits
        self.handler = handler
        self.logger = logger
        self.onWork = onWork
        admission = Admission(limits: limits)
        busyLoops = Monitor(loops)
    }

    /// Takes room for a piece of a body; false when all requests together hold as much as they may.
    func takeRoom(_ byteCount: Int) -> Bool {
        let held = bodyBytes.add(byteCount, ordering: .relaxed).newValue
        guard held > limits.bodiesBytesMax else { return true }
        giveBack(byteCount)
        return false
    }

    /// Gives room back that was taken.
    func giveBack(_ byteCount: Int) {
        bodyBytes.subtract(byteCount, ordering: .relaxed)
    }
}
