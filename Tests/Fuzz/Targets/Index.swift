import Posix

@testable import Journal

private let directory = "/journal"

/// An index says what its segment says; a damaged one is not believed; one that is wrong and whole harms nobody.
func checkIndex(_ bytes: [UInt8]) throws(Violation) {
    var feed = ByteFeed(bytes)
    let repairsChecksum = feed.byte() & 1 == 1
    let damages = (0..<Int(feed.byte() % 4)).map { _ in (at: feed.number(below: 1 << 16), by: max(1, feed.byte())) }
    let cut = feed.number(below: 4)
    let script = SegmentScript(&feed)
    guard let segment = script.segments.first(where: { !$0.bytes.isEmpty }) else { return }
    let name = SegmentName(first: segment.first)
    let fileSystem = MemoryFileSystem(pieceBytes: 4_096)
    fileSystem[directory + "/" + name.fileName] = segment.bytes
    let surveyor = SegmentSurveyor(fileSystem: fileSystem, directory: directory, usesIndexes: true)
    let read = try survey(surveyor, name)
    guard let index = read.index else { return }
    try require(IndexFile(index.bytes) == index, "an index is not read as it was written")
    let summaries = events(index)

    fileSystem[directory + "/" + name.indexFileName] = index.bytes
    try require(try events(survey(surveyor, name).index) == summaries, "an index says something else")

    var damaged = Array(index.bytes.dropLast(cut))
    for damage in damages { damaged[damage.at % damaged.count] ^= damage.by }
    if repairsChecksum, damaged.count > 4 {
        let checksum = JournalOracle.crc32c(Array(damaged.dropLast(4)))
        damaged = damaged.dropLast(4) + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }
    fileSystem[directory + "/" + name.indexFileName] = damaged
    let after = try survey(surveyor, name)
    _ = after.index?.segment
    if !repairsChecksum { try require(events(after.index) == summaries, "a damaged index was believed") }
    if let read = IndexFile(damaged) {
        _ = (events(read), read.segment)
        for line in 0..<read.header.lineCount { _ = read.range(ofLine: line) }
    }
}

private func survey(_ surveyor: SegmentSurveyor, _ name: SegmentName) throws(Violation) -> SegmentSurvey {
    do throws(SystemCallError) {
        return try surveyor.survey(name, trusting: true)
    } catch {
        throw Violation(description: "a segment cannot be looked at: \(error)")
    }
}

private func events(_ index: IndexFile?) -> [EventSummary] {
    var events: [EventSummary] = []
    index?.forEach { events.append($0) }
    return events
}
