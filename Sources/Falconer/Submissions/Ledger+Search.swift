import Journal
import Threading

extension Ledger {
    /// The entries that are looked at at once, so that nobody waits long for the book.
    static let searchPage = 8_192
    /// The bytes of the journal that are searched at once.
    static let searchBytes = 1 << 20

    /// The submissions that some condition holds for, newest first.
    func ids(limit: Int, where isWanted: @Sendable (SubmissionEntry) -> Bool) -> [SubmissionID] {
        var found: [SubmissionID] = []
        var place: Int?
        repeat {
            let page = withBook { [place] in $0.page(before: place, limit: Self.searchPage) }
            found += page.entries.lazy.filter(isWanted).map(\.id).prefix(limit - found.count)
            place = page.next
        } while place != nil && found.count < limit
        return found
    }

    /// The submissions whose requests have ids of fal's that begin so, as the journal has them.
    ///
    /// Only the hash of a request's id is in memory, so this reads the journal from its beginning.
    func ids(ofRequestsBeginningWith prefix: String, limit: Int) -> [SubmissionID] {
        let wanted = Array(prefix.utf8)
        var found: [SubmissionID] = []
        var lines: [UInt8] = []
        guard let reader = try? journal.reader(after: 0) else { return [] }
        while found.count < limit {
            lines.removeAll(keepingCapacity: true)
            guard let outcome = try? reader.read(into: &lines, limit: Self.searchBytes), outcome != .caughtUp else {
                break
            }
            for bytes in lines.split(separator: UInt8(ascii: "\n")) {
                guard let line = try? EventLine.parse(Array(bytes)), line.rawBytes(.subject).starts(with: wanted),
                    let id = line.submission.flatMap({ SubmissionID($0) }), !found.contains(id)
                else { continue }
                found.append(id)
                if found.count == limit { break }
            }
        }
        return found
    }
}
