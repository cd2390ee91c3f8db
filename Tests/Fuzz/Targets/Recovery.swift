import Logging
import SystemPackage

@testable import Journal

private let directory = "/journal"

/// Opens a journal over any segments at all.
///
/// What the oracle finds is what is replayed, kept and served; valid lines and quarantined bytes together are the file
/// as it was; ids go on above all that was there; and the second start finds nothing more to do.
func checkRecovery(_ bytes: [UInt8]) throws(Violation) {
    var feed = ByteFeed(bytes)
    // A journal's threads cost more than all the rest: one input in sixteen has them, and mutations do not stay with it.
    let start = bytes.reduce(0, &+) % 16 == 0 ? start : startWithoutReading
    let fileSystem = MemoryFileSystem(pieceBytes: 1 + feed.number(below: 5_000))
    let script = SegmentScript(&feed)
    var oracle = JournalOracle()
    var expected = Expected()
    for (place, segment) in script.segments.enumerated() {
        let path = path(segment.first)
        fileSystem[path] = segment.bytes
        let next = script.segments.dropFirst(place + 1).first?.first
        let found = oracle.read(segment.bytes, before: next)
        expected.add(found, first: segment.first, path: path, bytes: segment.bytes)
    }
    let first = try start(fileSystem)
    try require(first.replayed == expected.ids, "replayed \(first.replayed), there are \(expected.ids)")
    try require(first.served == nil || first.served == expected.lines, "what is served is not what was stored")
    try require(first.last >= (expected.ids.last ?? 0), "an id may be given twice")
    for segment in script.segments {
        let path = path(segment.first)
        let kept = expected.kept[path] ?? []
        try require((fileSystem[path] ?? []) == kept, "\(path) does not hold exactly its valid lines")
    }
    let quarantine = fileSystem.paths.filter { $0.hasPrefix(directory + "/quarantine/") }
    try require(quarantine == expected.quarantine.keys.sorted(), "in quarantine are \(quarantine)")
    for path in quarantine {
        try require(fileSystem[path] == expected.quarantine[path], "\(path) does not hold the bytes that were bad")
    }
    let second = try start(fileSystem)
    try require(second.replayed == first.replayed, "the second start replays \(second.replayed)")
    try require(second.served == first.served, "the second start serves something else")
    try require(second.last == first.last, "the second start goes on behind \(second.last), not \(first.last)")
    try require(
        fileSystem.paths.filter { $0.hasPrefix(directory + "/quarantine/") } == quarantine,
        "the second start found something bad"
    )
}

/// What the oracle says has to be there after a start.
private struct Expected {
    var ids: [UInt64] = []
    var lines: [UInt8] = []
    var kept: [String: [UInt8]] = [:]
    var quarantine: [String: [UInt8]] = [:]

    mutating func add(_ segment: JournalOracle.Segment, first: UInt64, path: String, bytes: [UInt8]) {
        ids += segment.ids
        kept[path] = segment.lines.flatMap { bytes[$0] }
        lines += kept[path] ?? []
        for bad in segment.bad {
            quarantine["\(directory)/quarantine/\(first).\(bad.lowerBound)-\(bad.upperBound).bad"] = Array(bytes[bad])
        }
    }
}

/// What one start came to.
private struct Start {
    var replayed: [UInt64] = []
    /// All lines, nil when they were not read.
    var served: [UInt8]?
    var last: UInt64 = 0
}

private let options = JournalOptions(newSource: sampleSource)
private let quiet = Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() })

/// Recovers the journal, and does not let it run.
private func startWithoutReading(_ fileSystem: MemoryFileSystem) throws(Violation) -> Start {
    var start = Start()
    do throws(JournalError) {
        let opening = try JournalOpening(
            directory: directory,
            options: options,
            fileSystem: fileSystem,
            logger: quiet,
            replay: { start.replayed.append($0.id) }
        )
        start.last = opening.catalog.last
        guard opening.recovered != nil else { throw JournalError(.closed, "it opens for reading only") }
    } catch {
        throw Violation(description: "the journal does not open: \(error)")
    }
    return start
}

/// Recovers the journal, and reads it.
private func start(_ fileSystem: MemoryFileSystem) throws(Violation) -> Start {
    var start = Start()
    do {
        let journal = try Journal.open(
            directory: FilePath(directory),
            options: options,
            fileSystem: fileSystem,
            logger: quiet,
            replay: { start.replayed.append($0.id) }
        )
        defer { journal.close() }
        start.last = journal.durable.last
        start.served = try read(journal)
    } catch let violation as Violation {
        throw violation
    } catch {
        throw Violation(description: "the journal does not open: \(error)")
    }
    return start
}

/// Reads all there is: every id is in a line or in a gap, in order, and in one of them only.
private func read(_ journal: Journal) throws -> [UInt8] {
    var served: [UInt8] = []
    let last = journal.durable.last
    let reader = try journal.reader(after: 0)
    var next = journal.durable.first
    while true {
        var bytes: [UInt8] = []
        switch try reader.read(into: &bytes, limit: 1) {
        case .lines:
            let line = try EventLine.parse(bytes)
            try require(line.id == next, "event \(line.id) is served where \(next) is due")
            served += bytes
            next += 1
        case .gap(let gap):
            try require(gap.lowerBound == next, "a gap of \(gap) is told where \(next) is due")
            next = gap.upperBound + 1
        case .caughtUp:
            try require(next == last + 1, "\(next) is due and nothing comes; the last is \(last)")
            return served
        }
    }
}

private func path(_ first: UInt64) -> String {
    let digits = String(first)
    return directory + "/" + String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".jsonl"
}
