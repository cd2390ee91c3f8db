import Threading

/// Tells deliveries that wait for the disk to come again, before fal gives them up.
///
/// The journal's own thread cannot: it is the one that waits for the disk. What it was about to store may be stored all
/// the same; the next attempt then finds it.
final class AnswerDeadline: Sendable {
    /// How long a delivery may wait; fal gives an attempt up after about 15 s.
    static let waitMax = Duration.seconds(10)
    /// How often is looked.
    static let interval = Duration.seconds(1)

    private let isStopped: Monitor<Bool>
    private let thread: WorkerThread

    /// Watches over exchanges until it goes.
    init(_ parking: ExchangeParking) {
        let isStopped = Monitor(false)
        self.isStopped = isStopped
        thread = WorkerThread(name: "answer deadline") {
            while !isStopped.wait(atMost: Self.interval, until: { $0 }, { stopped, _ in stopped }) {
                for parked in parking.waiting(sinceBefore: .now - Self.waitMax) { parked.answer(.refused(status: 503)) }
            }
        }
    }

    deinit {
        isStopped.withLock { $0 = true }
        isStopped.notifyAll()
        thread.join()
    }
}
