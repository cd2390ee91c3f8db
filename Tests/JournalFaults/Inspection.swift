import Threading

/// How a process ends before the next one finds what it left.
package enum Ending: Equatable, Sendable {
    /// It is killed; the machine and its memory live on.
    case kill
    /// The power goes.
    case cut(FakeDisk.Keeping)
}

/// Looks at what a process left, by starting another one that meets no faults.
struct Inspection {
    let segmentBytesMax: Int
    let seed: UInt64
    var lie: Lie?
    var isTracing = false

    /// The machine as the next process finds it.
    func next(_ moment: Moment, _ ending: Ending, _ random: inout SeededGenerator) -> Moment {
        var moment = moment
        switch ending {
        case .kill: moment.disk = moment.disk.released
        case .cut(let keeping): moment.disk = moment.disk.crashed(keeping, seed: random.next())
        }
        // Memory forgets now, so that what the next process reads is known before it starts.
        moment.disk.forgetting = [.everything, .nothing, .some][Int.random(in: 0..<3, using: &random)]
        moment.disk.forgetAllCached()
        moment.disk.forgetting = .nothing
        (moment.disk.room, moment.disk.fileBytesMax) = (nil, nil)
        return moment
    }

    /// Starts, holds what is there against what is known, and stores one more event.
    ///
    /// - Parameters:
    ///   - moment: The machine as the process finds it.
    ///   - trace: Where its calls are noted.
    /// - Returns: The machine after that, still running.
    /// - Throws: ``Violation``.
    func inspect(_ moment: Moment, trace: inout [String]) throws(Violation) -> Moment {
        let session = Session(moment, segmentBytesMax: segmentBytesMax, lie: lie, isTracing: isTracing)
        defer {
            session.vanish()
            trace += session.director.state.withLock { $0.trace ?? [] }
        }
        try session.start()
        try Self.checkQuarantine(before: moment.disk, after: session.fileSystem.image)
        let last = session.director.state.withLock { $0.ledger.lastID }
        var random = SeededGenerator(seed: seed)
        session.append(events: 1, resends: false, padding: 10, &random)
        try session.commit()
        let (id, sent) = session.director.state.withLock { ($0.ledger.answered.keys.max() ?? 0, $0.ledger.sentCount) }
        guard session.director.state.withLock({ $0.known[sent] != nil }) else {
            throw Violation(.starts, "an event is refused where nothing is wrong")
        }
        guard id > last else { throw Violation(.seenStays, "id \(id) is given again; \(last) was known") }
        return session.moment
    }

    /// What a start took out of segments must be in quarantine, on disk.
    static func checkQuarantine(before: FakeDisk, after: FakeDisk) throws(Violation) {
        for path in before.names.keys where path.hasSuffix(".jsonl") {
            guard let old = before[path], !old.isEmpty else { continue }
            let new = after[path] ?? []
            if old == new { continue }
            var kept = [Bool](repeating: true, count: old.count)
            for (range, bytes) in quarantined(after, of: path) where range.upperBound <= old.count {
                if bytes.elementsEqual(old[range]) { for index in range { kept[index] = false } }
            }
            let rest = zip(old, kept).filter(\.1).map(\.0)
            if rest != new {
                throw Violation(
                    .cutsAreKept,
                    "\(path) had \(old.count) bytes and has \(new.count); the rest is nowhere"
                )
            }
        }
    }

    /// The copies of a segment's bytes, by where they stood, as far as they are on disk.
    private static func quarantined(_ disk: FakeDisk, of path: String) -> [(Range<Int>, [UInt8])] {
        let name = path.split(separator: "/").last ?? ""
        guard let first = UInt64(name.dropLast(".jsonl".count)) else { return [] }
        let prefix = Session.directory + "/quarantine/\(first)."
        return disk.names.keys.filter { $0.hasPrefix(prefix) }.compactMap { copy in
            let offsets = copy.dropFirst(prefix.count).prefix { $0 != "." }.split(separator: "-").compactMap { Int($0) }
            guard offsets.count == 2, offsets[0] < offsets[1], let bytes = disk.durableBytes(copy) else { return nil }
            return (offsets[0]..<offsets[1], bytes)
        }
    }
}
