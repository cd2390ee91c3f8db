import Journal
import Threading

/// All that a reader was given: lines, and the gaps between them.
struct JournalText {
    var lines: [EventLine] = []
    var gaps: [ClosedRange<UInt64>] = []

    /// Every id from the first to the last is there once, or is said to be missing.
    func checkSequence(first: UInt64, last: UInt64) throws(Violation) {
        var pieces = lines.map { $0.id...$0.id } + gaps
        pieces.sort { $0.lowerBound < $1.lowerBound }
        for (line, next) in zip(lines, lines.dropFirst()) where line.id >= next.id {
            throw Violation(.sequenceIsWhole, "\(next.id) comes after \(line.id)")
        }
        var expected = first
        for piece in pieces {
            guard piece.lowerBound == expected else {
                throw Violation(.sequenceIsWhole, "\(expected) is neither there nor in a gap, or twice: \(pieces)")
            }
            expected = piece.upperBound + 1
        }
        guard expected == last + 1 else {
            throw Violation(.sequenceIsWhole, "the last id is \(last), and reading ends at \(expected - 1)")
        }
    }
}

/// Reads everything behind an id.
func readAll(_ journal: Journal, after id: UInt64 = 0) throws -> JournalText {
    let reader = try journal.reader(after: id)
    var text = JournalText()
    var bytes: [UInt8] = []
    while true {
        let outcome = try reader.read(into: &bytes, limit: 64 << 10)
        if case .gap(let gap) = outcome { text.gaps.append(gap) }
        if outcome == .caughtUp { break }
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) { text.lines.append(try EventLine.parse(Array(line))) }
    return text
}

/// A reader that goes on from where it was, and tells the ledger what it saw.
///
/// It runs on the session's thread between batches and on the journal's in the middle of one, never on both.
final class ReaderAhead: @unchecked Sendable {  // The two threads that use it wait for each other.
    private weak let journal: Journal?
    private let director: Director
    private var last: UInt64

    init(journal: Journal, after last: UInt64, director: Director) {
        self.journal = journal
        self.director = director
        self.last = last
    }

    /// Reads what there is.
    func readOn() {
        guard let journal else { return }
        let text: JournalText
        do { text = try readAll(journal, after: last) } catch {
            director.state.withLock { state in
                guard !state.hadTrouble, !state.isGone else { return }
                state.violation = state.violation ?? Violation(.readersResume, "reading behind \(last): \(error)")
            }
            return
        }
        let end = max(last, text.lines.last?.id ?? 0, text.gaps.last?.upperBound ?? 0)
        director.state.withLock { state in
            guard !state.isGone else { return }
            do throws(Violation) {
                try text.checkSequence(first: last + 1, last: end)
                for line in text.lines { try state.ledger.see(line) }
            } catch {
                state.violation = state.violation ?? error
            }
        }
        last = end
    }
}
