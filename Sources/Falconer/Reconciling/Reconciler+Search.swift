import FalQueue
import JSONText
import Journal
import Posix

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

    /// How long before and after the time that we know of a request may have been sent by fal's clock, microseconds.
    static let clockTolerance: Int64 = 60_000_000
    /// The longest that a submission's request was on its way: the time limit of the client that sends it.
    static let sendTimeMax: Int64 = 120_000_000
    /// The most pages of the list that are read for one submission.
    static let pagesMax = 20

    /// Looks for the request that an uncertain submission became: same endpoint, same input, in its time.
    func find(_ entry: SubmissionEntry, _ client: QueueClient) -> Finding {
        guard let sent = ledger.sent(entry.id), let uncertainAt = ledger.record(entry).updatedAt else {
            return .notFound
        }
        let from = WallTime(microseconds: uncertainAt.microseconds - Self.sendTimeMax - Self.clockTolerance)
        let until = WallTime(microseconds: uncertainAt.microseconds + Self.clockTolerance)
        var candidates: Set<String> = []
        var cursor: String?
        for _ in 0..<Self.pagesMax {
            let page: RequestPage
            do throws(QueueError) {
                page = try client.requests(
                    of: sent.endpoint,
                    platform: configuration.platform,
                    from: from.rfc3339,
                    until: until.rfc3339,
                    cursor: cursor
                )
            } catch {
                return .failed(error)
            }
            for request in page.requests {
                guard let input = request.input, SameOutcome.isSameJSON(input, sent.input) else { continue }
                candidates.insert(request.id)
            }
            cursor = page.next
            if cursor == nil { break }
        }
        if cursor != nil { return .ambiguous }
        // Others first: one that was on its way while the list was read is known by its request in the next line, or
        // still on its way here.
        let rivals = ledger.withBook { book in
            book.openEntries.filter { $0.id != entry.id && ($0.state == .sending || $0.state == .uncertain) }
        }
        let unclaimed = candidates.filter { id in
            let key = EventKey(hashing: id)
            return ledger.withBook { $0.entry(request: key) == nil }
        }
        guard let only = unclaimed.first else { return .notFound }
        guard unclaimed.count == 1 else { return .ambiguous }
        let isRivalled = rivals.contains { rival in
            guard let other = ledger.sent(rival.id), other.endpoint == sent.endpoint else { return false }
            return SameOutcome.isSameJSON(other.input, sent.input)
        }
        return isRivalled ? .ambiguous : .found(only)
    }
}
