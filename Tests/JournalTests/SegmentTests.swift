import JournalFaults
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

@Suite struct SegmentTests {
    @Test(
        arguments: [
            ("00000000000000000001.jsonl", 1), ("00009007199254740991.jsonl", 9_007_199_254_740_991),
            ("00000000000000000000.jsonl", nil), ("1.jsonl", nil), ("00000000000000000001.jsonl.tmp", nil),
            ("LOCK", nil),
            ("00009007199254740992.jsonl", nil), ("+0000000000000000001.jsonl", nil),
        ] as [(String, UInt64?)]
    )
    func aSegmentIsNamedByItsFirstID(name: String, first: UInt64?) {
        #expect(SegmentName(fileName: name)?.first == first)
        if let first { #expect(SegmentName(first: first).fileName == name) }
    }

    @Test func aSegmentIsLeftBySizeAndReadersGoAcross() throws {
        var options = sampleOptions()
        options.segmentBytesMax = 2_000
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: options)
        let reader = try journal.reader(after: 0)
        var seen: [UInt8] = []
        for number in 1...50 {
            _ = try journal.appendAndWait(sampleDraft(number))
            if number.isMultiple(of: 7) { _ = try reader.read(into: &seen, limit: 1_000) }
        }
        while try reader.read(into: &seen, limit: 1_000) == .lines {}
        let ids = try seen.split(separator: 0x0A).map { try EventLine.parse(Array($0)).id }
        #expect(ids == Array(1...50))
        for start in 0...50 {
            #expect(
                try readAll(journal, after: UInt64(start), limit: 700).lines.map(\.id) == Array(UInt64(start + 1)..<51)
            )
        }
        journal.close()
        #expect(fileSystem.image.names.keys.filter { $0.hasSuffix(".jsonl") }.count > 5)
        var replayed: [UInt64] = []
        try openFake(FakeFileSystem(fileSystem.image), options: options) { replayed.append($0.id) }.close()
        #expect(replayed == Array(1...50))
    }

    @Test func aReaderKnowsHowManyBytesAreLeftAlsoAcrossSegments() throws {
        var options = sampleOptions()
        options.segmentBytesMax = 2_000
        let journal = try openFake(FakeFileSystem(), options: options)
        for number in 1...20 { _ = try journal.appendAndWait(sampleDraft(number)) }
        let lines = try readAll(journal, after: 0, limit: 700).lines
        let reader = try journal.reader(after: 0)
        var seen: [UInt8] = []
        var left = reader.bytesLeft
        for _ in lines {
            let before = seen.count
            #expect(try reader.read(into: &seen, limit: 1) == .lines)
            left -= seen.count - before
            #expect(reader.bytesLeft == left)
        }
        #expect(left == 0)
        journal.close()
    }

    @Test func aSegmentIsLeftByAge() throws {
        let now = Monitor(Duration.zero)
        let fileSystem = FakeFileSystem()
        let journal = try Journal.open(
            directory: "/data/journal",
            options: sampleOptions(),
            fileSystem: fileSystem,
            clock: JournalClock { now.withLock { $0 } },
            logger: quiet
        )
        _ = try journal.appendAndWait(sampleDraft(1))
        now.withLock { $0 = .seconds(3_599) }
        _ = try journal.appendAndWait(sampleDraft(2))
        now.withLock { $0 = .seconds(3_600) }
        _ = try journal.appendAndWait(sampleDraft(3))
        journal.close()
        #expect(
            fileSystem.image.names.keys.filter { $0.hasSuffix(".jsonl") }.sorted() == [
                "/data/journal/00000000000000000001.jsonl", "/data/journal/00000000000000000003.jsonl",
            ]
        )
    }

    @Test func aReaderNeverSeesWhatIsNotDurable() throws {
        let reached = Monitor(false)
        let proceeds = Monitor(false)
        let fileSystem = FakeFileSystem { call in
            guard case .synchronizeData(let path) = call, path.hasSuffix(".jsonl") else { return .none }
            reached.withLock { $0 = true }
            reached.notifyAll()
            proceeds.wait(until: { $0 }, { _ in })
            return .none
        }
        let journal = try openFake(fileSystem)
        journal.append(sampleDraft(1)) { _ in }
        reached.wait(until: { $0 }, { _ in })
        #expect(fileSystem.image["/data/journal/00000000000000000001.jsonl"]?.isEmpty == false)
        #expect(journal.durable == (1, 0))
        #expect(try readAll(journal).lines.isEmpty)
        #expect(throws: JournalError.self) { try journal.reader(after: 1) }
        proceeds.withLock { $0 = true }
        proceeds.notifyAll()
        journal.close()
        #expect(try readAll(journal).lines.map(\.id) == [1])
    }

    @Test func whileOthersWriteAReaderSeesEachEventOnce() throws {
        let directory = TemporaryDirectory()
        var options = sampleOptions()
        options.segmentBytesMax = 20_000
        let journal = try Journal.open(directory: directory.file("journal"), options: options, logger: quiet)
        let writers = (0..<3).map { thread in
            WorkerThread(name: "writer") {
                for number in 0..<300 { journal.append(sampleDraft(thread * 300 + number)) { _ in } }
            }
        }
        let results = Monitor<[[UInt64]]>([])
        let readers = (0..<2).map { _ in
            WorkerThread(name: "reader") {
                var ids: [UInt64] = []
                guard let reader = try? journal.reader(after: 0) else { return }
                while ids.last ?? 0 < 900 {
                    var bytes: [UInt8] = []
                    guard let outcome = try? reader.read(into: &bytes, limit: 3_000), bytes.last ?? 0x0A == 0x0A else {
                        return
                    }
                    if outcome == .caughtUp, journal.statistics.failures.values.contains(where: { $0 > 0 }) { return }
                    for line in bytes.split(separator: 0x0A) {
                        guard let event = try? EventLine.parse(Array(line)) else { return }
                        ids.append(event.id)
                    }
                }
                let found = ids
                results.withLock { $0.append(found) }
            }
        }
        (writers + readers).forEach { $0.join() }
        journal.close()
        #expect(results.withLock { $0 } == [Array(1...900), Array(1...900)])
    }

    @Test func aTimeIsFoundAlsoWhereTheClockWentBack() throws {
        let journal = try openFake(FakeFileSystem())
        defer { journal.close() }
        for (number, time) in [100, 200, 150, 300, 250].enumerated() {
            var draft = sampleDraft(number, padding: 40_000)
            draft.time = WallTime(microseconds: Int64(time))
            _ = try journal.appendAndWait(draft)
        }
        let expected: [(Int64, UInt64)] = [(0, 1), (100, 1), (101, 2), (200, 2), (201, 4), (300, 4), (301, 6)]
        for (time, id) in expected {
            #expect(try journal.sequence(atOrAfter: WallTime(microseconds: time)) == id, "\(time)")
        }
        let reader = try journal.reader(from: WallTime(microseconds: 201))
        var bytes: [UInt8] = []
        #expect(try reader.read(into: &bytes, limit: 1) == .lines)
        #expect(try EventLine.parse(bytes).id == 4)
    }

    @Test func anIndexLeadsToALineAtOrBeforeTheOneAskedFor() {
        var index = SegmentIndex()
        for id in 1...100 { index.add(id: UInt64(id), offset: (id - 1) * 10_000, time: .init(microseconds: Int64(id))) }
        for id in 0..<100 {
            let offset = index.offset(behind: UInt64(id))
            #expect(offset <= id * 10_000 && offset > id * 10_000 - SegmentIndex.blockBytes - 10_000)
        }
    }
}
