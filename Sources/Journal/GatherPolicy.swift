/// When a batch waits for company before it is written.
///
/// A sync costs the same for one event and for a hundred. Waiting pays only while events keep coming, and a lone sender
/// must never pay for it: its next event comes after its answer.
package struct GatherPolicy: Equatable, Sendable {
    /// The longest pause between two arrivals that is waited out.
    package var pauseMax = Duration.microseconds(50)
    /// The longest wait altogether.
    package var waitMax = Duration.milliseconds(1)

    /// The house's constants.
    package init() {}

    /// Whether to wait another ``pauseMax``.
    ///
    /// - Parameters:
    ///   - lastBatchCount: The number of events in the batch before.
    ///   - waiting: How many wait now. As many as last time means that everybody is back, and nobody is left to wait for.
    ///   - arrivals: How many arrived during the last pause; `nil` before the first pause.
    ///   - waited: How long this batch has waited so far.
    /// - Returns: Whether waiting may still pay.
    package func waits(lastBatchCount: Int, waiting: Int, arrivals: Int?, waited: Duration) -> Bool {
        lastBatchCount > 1 && waiting < lastBatchCount && arrivals != 0 && waited < waitMax
    }
}
