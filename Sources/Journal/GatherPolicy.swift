/// When a batch waits for company before it is written.
///
/// A sync costs the same for one event and for a hundred, about 60 microseconds of processor time here. Waiting pays only
/// while events are on their way, and a lone sender must never pay for it: its next event comes after its answer.
package struct GatherPolicy: Equatable, Sendable {
    /// How long nobody may be at work before nobody is waited for; a client needs that long for its next delivery.
    package var pauseMax = Duration.microseconds(50)
    /// The longest wait altogether.
    package var waitMax = Duration.milliseconds(1)
    /// The longest wait after a batch of ``crowdMin`` or more: with 64 connections 2 ms beat 1 and 4, with 16 they do not,
    /// as all of them would be back by then, and have nothing to do during the sync.
    package var crowdWaitMax = Duration.milliseconds(2)
    /// How many in the batch before leave enough at work during a sync.
    package var crowdMin = 17

    /// What to do about a batch that could be written now.
    enum Decision: Equatable {
        /// Write it.
        case write
        /// Wait so long, or until nobody is at work.
        case waitWhileBusy(Duration)
        /// Wait so long for somebody to begin.
        case pause(Duration)
    }

    /// The house's constants.
    package init() {}

    /// Decides whether waiting may pay.
    ///
    /// - Parameters:
    ///   - lastBatchCount: The number of events in the batch before; one means a lone sender.
    ///   - waiting: How many wait now. As many as last time, and nobody at work, means that everybody is back.
    ///   - areIdle: Whether nobody is at work on what may become an event.
    ///   - arrivals: How many arrived during the last pause; `nil` before the first pause.
    ///   - waited: How long this batch has waited so far.
    /// - Returns: What to do.
    func decide(lastBatchCount: Int, waiting: Int, areIdle: Bool, arrivals: Int?, waited: Duration) -> Decision {
        let waitMax = lastBatchCount < crowdMin ? waitMax : crowdWaitMax
        guard lastBatchCount > 1, waited < waitMax else { return .write }
        if !areIdle { return .waitWhileBusy(waitMax - waited) }
        if waiting >= lastBatchCount || arrivals == 0 { return .write }
        return .pause(min(pauseMax, waitMax - waited))
    }
}
