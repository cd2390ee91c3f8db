import FoundationEssentials
import Journal
import Posix
import SystemPackage
import Testing

@testable import Falconer

@Suite struct JournalToolsTests {
    private static let first = WallTime(microseconds: 1_763_821_020_000_000 + 60_000_000)

    private func minute(_ number: Int) -> WallTime {
        WallTime(microseconds: Self.first.microseconds + Int64(number - 1) * 60_000_000)
    }

    private func export(_ journal: SignedJournal, _ change: (inout JournalExport.Filter) -> Void = { _ in }) throws
        -> [[UInt8]]
    {
        var filter = JournalExport.Filter()
        change(&filter)
        var bytes: [UInt8] = []
        let count = try JournalExport(journal.inspection(), filter).run { bytes += $0 }
        let lines = bytes.split(separator: 0x0A).map { Array($0) + [0x0A] }
        #expect(lines.count == count)
        return lines
    }

    private func ids(_ lines: [[UInt8]]) throws -> [UInt64] {
        try lines.map { try EventLine.parse($0).id }
    }

    // MARK: - Export

    @Test func anExportIsTheJournalsOwnBytes() throws {
        let journal = try SignedJournal(events: 30, segmentBytesMax: 5_000)
        let files = try journal.segments.flatMap { Array(try Data(contentsOf: URL(filePath: $0.string))) }
        #expect(try export(journal).flatMap { $0 } == files)
    }

    @Test func anExportHoldsWhatFitsEveryCondition() throws {
        let journal = try SignedJournal(events: 12)
        #expect(try ids(export(journal) { $0.since = minute(4) }) == Array(4...12))
        #expect(try ids(export(journal) { $0.until = minute(4) }) == [1, 2, 3])
        #expect(try ids(export(journal) { _ = $0.addType("fal.request.failed") }) == [3, 6, 9, 12])
        #expect(try ids(export(journal) { _ = $0.addType("fal.media.*") }) == [])
        let both = try export(journal) { filter in
            _ = filter.addType("fal.media.*")
            _ = filter.addType("*.failed")
            _ = filter.setEndpoint("xai/*")
        }
        #expect(try ids(both) == [6, 12])
        #expect(try ids(export(journal) { $0.submission = "submission-7" }) == [7])
        var filter = JournalExport.Filter()
        let isEmptyTaken = filter.addType("")
        let isLongTaken = filter.setEndpoint(String(repeating: "x", count: 513))
        #expect(!isEmptyTaken && !isLongTaken)
    }

    @Test func anExportLeavesOutWhatIsNoEventOfThisJournal() throws {
        let journal = try SignedJournal(events: 9)
        try journal.change { lines in
            lines[2].flip("falcon dives")
            let other = SignedJournal.source.replacing("0191d6a0", with: "ffffffff")
            lines.insert(
                lines[4].resealed(SignedJournal.source, other).resealed("\"id\":\"5\"", "\"id\":\"700\""),
                at: 5
            )
            lines.insert(lines[0], at: 7)
            lines.insert(Array("garbage\n".utf8), at: 1)
            lines.append(Array(lines[0].dropLast(9)))
        }
        #expect(try ids(export(journal)) == [1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test func anExportEndsWhereItsReaderDoes() throws {
        struct Closed: Error {}
        let journal = try SignedJournal(events: 2)
        #expect(throws: Closed.self) {
            _ = try JournalExport(journal.inspection(), JournalExport.Filter()).run { _ in throw Closed() }
        }
    }

    // MARK: - Numbers

    @Test func aCensusCountsWhatIsThere() throws {
        let journal = try SignedJournal(events: 30, segmentBytesMax: 5_000)
        try journal.change { $0[1].flip("falcon dives") }
        let census = try JournalCensus.take(journal.inspection(), now: minute(90), workers: 2)
        #expect(census.events == 29)
        #expect(census.bytesDamaged > 500)
        #expect(census.types == [.requestSucceeded: 19, .requestFailed: 10])
        #expect(census.ids == 1...30)
        #expect(census.times == minute(1)...minute(30))
        #expect(census.lastDay == 29)
        // At 90 minutes, what is less than an hour old: none of the first 30; minute 30 is exactly an hour old.
        #expect(census.lastHour == 0)
        #expect(try JournalCensus.take(journal.inspection(), now: minute(89), workers: 1).lastHour == 1)
        try journal.repair()
        let after = try JournalCensus.take(journal.inspection(), now: minute(90), workers: 2)
        #expect(after.quarantinedFiles == 1)
        #expect(after.quarantinedBytes == census.bytesDamaged)
        #expect(after.bytesDamaged == 0)
    }

    @Test func aHistogramHasNoMoreBarsThanAskedForAndEveryEventOnce() throws {
        let journal = try SignedJournal(events: 31)
        let census = try JournalCensus.take(journal.inspection(), now: minute(90), workers: 1)
        for count in [1, 2, 7, 30, 31, 32, 60] {
            let bars = census.histogram(count)
            #expect((1...count).contains(bars.count))
            #expect(bars.reduce(0) { $0 + $1.events } == 31)
            #expect(bars.first.map { $0.start <= minute(1) } == true)
        }
        #expect(census.histogram(60).count == 31)
        #expect(JournalCensus().histogram(10).isEmpty)
    }

    // MARK: - Gaps

    @Test func aNameOfASegmentThatIsFarAwayIsAGapLikeAnyOther() throws {
        let journal = try SignedJournal(events: 2)
        let far = journal.folder.appending("00004503599627370496.jsonl")
        try Data().write(to: URL(filePath: far.string))
        let result = try journal.verify()
        #expect(result.failures.map(\.ids) == [3...(UInt64(1) << 52) - 1])
    }
}
