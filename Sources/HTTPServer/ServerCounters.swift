import Synchronization

/// What all loops count together.
final class ServerCounters: Sendable {
    let accepted = Atomic(0)
    let refusedOverTotal = Atomic(0)
    let refusedOverAddress = Atomic(0)
    let refusedWithoutDescriptor = Atomic(0)
    let requests = Atomic(0)
    let requestsInFlight = Atomic(0)
    let deadlineClosed = Atomic(0)
    let idleClosed = Atomic(0)

    /// The numbers of this moment.
    func snapshot(connectionsOpen: Int) -> HTTPServerStatistics {
        var statistics = HTTPServerStatistics()
        statistics.connectionsOpen = connectionsOpen
        statistics.connectionsAccepted = accepted.load(ordering: .relaxed)
        statistics.refusedOverTotal = refusedOverTotal.load(ordering: .relaxed)
        statistics.refusedOverAddress = refusedOverAddress.load(ordering: .relaxed)
        statistics.refusedWithoutDescriptor = refusedWithoutDescriptor.load(ordering: .relaxed)
        statistics.requests = requests.load(ordering: .relaxed)
        statistics.requestsInFlight = requestsInFlight.load(ordering: .relaxed)
        statistics.deadlineClosed = deadlineClosed.load(ordering: .relaxed)
        statistics.idleClosed = idleClosed.load(ordering: .relaxed)
        return statistics
    }
}
