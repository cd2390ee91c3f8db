import Journal
import Posix

/// What the outside world knows: what was sent, what was answered, what a reader has seen.
///
/// It is on nobody's disk, so no crash takes anything from it.
package struct Ledger: Sendable {
    /// How many bytes of padding each request has; its number is its place, from 1.
    private(set) var sent: [Int] = []
    /// The requests that were answered as stored, by id.
    private(set) var answered: [UInt64: Int] = [:]
    /// The requests that a reader saw, by id.
    private(set) var seen: [UInt64: Int] = [:]
    /// The ids whose bytes the disk itself spoilt.
    var rotten: Set<UInt64> = []

    /// Nothing was sent.
    package init() {}

    /// The last id that anybody knows.
    var lastID: UInt64 {
        max(answered.keys.max() ?? 0, seen.keys.max() ?? 0)
    }

    /// How many requests there are.
    var sentCount: Int { sent.count }

    /// A request that was never sent before.
    mutating func send(padding: Int) -> Int {
        sent.append(padding)
        return sent.count
    }

    /// What a request looks like.
    func draft(_ number: Int) -> EventDraft {
        var draft = EventDraft(
            type: .requestSucceeded,
            time: WallTime(microseconds: 1_763_821_020_000_000 + Int64(number)),
            data: EventData(validated: data(number), isSingleLine: true)
        )
        draft.subject = "request-\(number)"
        return draft
    }

    private func data(_ number: Int) -> [UInt8] {
        Array("{\"n\":\(number),\"pad\":\"".utf8)
            + [UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 26), count: sent[number - 1]) + Array("\"}".utf8)
    }

    /// Takes note of an answer.
    mutating func answer(_ id: UInt64, _ number: Int) throws(Violation) {
        try agree(id, number)
        answered[id] = number
    }

    /// Takes note of what a reader was given.
    mutating func see(_ line: EventLine) throws(Violation) {
        let number = try number(of: line)
        try agree(line.id, number)
        seen[line.id] = number
    }

    private func agree(_ id: UInt64, _ number: Int) throws(Violation) {
        for known in [answered[id], seen[id]] {
            if let known, known != number {
                throw Violation(.seenStays, "id \(id) was request \(known) and is request \(number)")
            }
        }
    }

    /// The request of a line, whose bytes must be the request's.
    func number(of line: EventLine) throws(Violation) -> Int {
        guard let subject = line.subject, let number = Int(subject.dropFirst("request-".count)),
            sent.indices.contains(number - 1)
        else { throw Violation(.nothingIsInvented, "event \(line.id) is \(line.subject ?? "nothing")") }
        guard line.data == data(number), line.time.microseconds == 1_763_821_020_000_000 + Int64(number) else {
            throw Violation(.bytesAreKept, "event \(line.id), request \(number), has other bytes than were sent")
        }
        return number
    }

    /// What a whole journal holds, against what is known.
    func check(_ found: [UInt64: Int]) throws(Violation) {
        for (id, number) in answered.sorted(by: { $0.key < $1.key }) where found[id] != number {
            if rotten.contains(id) { continue }
            throw Violation(.acknowledgedStays, "id \(id), request \(number), was answered as stored and is not there")
        }
        for (id, number) in seen.sorted(by: { $0.key < $1.key }) where found[id] != number {
            if rotten.contains(id) { continue }
            throw Violation(.seenStays, "id \(id), request \(number), was shown to a reader and is not there")
        }
        if Set(found.values).count != found.count {
            let counts = Dictionary(found.map { ($0.value, [$0.key]) }, uniquingKeysWith: +)
            let twice = counts.filter { $0.value.count > 1 }
            throw Violation(.acknowledgedStays, "requests are there more than once: \(twice)")
        }
    }
}
