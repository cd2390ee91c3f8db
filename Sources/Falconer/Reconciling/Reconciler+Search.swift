import FalQueue
import Journal
import Posix
import Threading

extension Reconciler {
    /// What looking for an uncertain submission among fal's requests came to.
    enum Finding: Sendable {
        /// One request can be it, and nothing else of ours can be that request.
        case found(String)
        /// None can be it, as far as fal's list goes.
        case notFound
        /// More than one can be it, or it can be another submission's.
        case ambiguous
        /// The list could not be read.
        case failed(QueueError)
    }

    /// How much fal's clock may differ from ours, microseconds.
    static let clockTolerance: Int64 = 60_000_000
    /// The longest that a submission's request was on its way: the time limit of the client that sends it.
    static let sendTimeMax: Int64 = 120_000_000

    /// Looks for the request that an uncertain submission became: same endpoint, same input, in its time.
    func find(_ entry: SubmissionEntry, _ client: QueueClient) -> Finding {
        guard let sent = ledger.sent(entry.id), let uncertainAt = ledger.record(entry).updatedAt else {
            return .notFound
        }
        let from = WallTime(microseconds: uncertainAt.microseconds - Self.sendTimeMax - Self.clockTolerance)
        let found: RequestCensus
        do throws(QueueError) {
            found = try census(of: sent.endpoint, from: from, until: uncertainAt, client)
        } catch {
            return .failed(error)
        }
        let candidates = Set(found.requests(with: sent.input))
        // Others first: one that was on its way while the list was read is known by its request in the next step, or
        // still on its way here.
        let rivals = ledger.withBook { book in
            book.openEntries.filter { $0.id != entry.id && ($0.state == .sending || $0.state == .uncertain) }
        }
        let unclaimed = candidates.filter { id in
            let key = EventKey(hashing: id)
            return ledger.withBook { $0.entry(request: key) == nil }
        }
        guard let only = unclaimed.first else { return found.isWhole ? .notFound : .ambiguous }
        guard unclaimed.count == 1, found.isWhole, let input = CanonicalJSON.bytes(sent.input) else {
            return .ambiguous
        }
        let isRivalled = rivals.contains { rival in
            guard let other = ledger.sent(rival.id), other.endpoint == sent.endpoint else { return false }
            return CanonicalJSON.bytes(other.input) == input
        }
        return isRivalled ? .ambiguous : .found(only)
    }

    /// The requests that fal lists of an endpoint; from memory when they were read a moment ago.
    private func census(
        of endpoint: EndpointID,
        from: WallTime,
        until: WallTime,
        _ client: QueueClient
    ) throws(QueueError) -> RequestCensus {
        let name = "\(endpoint)"
        let kept = censuses.withLock { $0[name] }
        if let kept, kept.covers(from: from, until: until, now: monotonic()) { return kept }
        let now = WallTime.now
        // The next ones that are looked for are mostly a little older than this one, or newer.
        let begin = min(from, WallTime(microseconds: now.microseconds - 5 * Self.clockTolerance))
        var census = RequestCensus(takenAt: monotonic(), from: begin, until: now)
        let end = WallTime(microseconds: now.microseconds + Self.clockTolerance).rfc3339
        var cursor: String?
        for page in 0..<RequestCensus.pagesMax {
            if page > 0 { charge() }
            let page = try client.requests(
                of: endpoint,
                platform: configuration.platform,
                from: begin.rfc3339,
                until: end,
                cursor: cursor
            )
            for request in page.requests {
                if let input = request.input { census.add(request.id, input: input) }
            }
            cursor = page.next
            if cursor == nil { break }
        }
        census.isWhole = cursor == nil
        // One endpoint at a time: what is uncertain is mostly from one outage, of one batch.
        censuses.withLock { [census] in $0 = [name: census] }
        return census
    }
}
