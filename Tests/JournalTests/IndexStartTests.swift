import JournalFaults
import Posix
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

/// Starts with indexes: what is believed, and what is read all the same.
@Suite struct IndexStartTests {
    private static let directory = "/data/journal/"
    /// Lines so long that a few segments lie before the journal's end, which is always read.
    private static let padding = 400_000

    private static func options(segmentBytesMax: Int = 2_500_000) -> JournalOptions {
        var options = sampleOptions()
        options.segmentBytesMax = segmentBytesMax
        return options
    }

    /// A journal of five segments, each with its index.
    private static func disk() throws -> FakeDisk { try made.get() }

    private static let made = Result {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: options())
        for number in 1...30 { _ = try journal.appendAndWait(sampleDraft(number, padding: padding)) }
        journal.close()
        // What the thread beside the journal did not come to, a start does.
        try openFake(fileSystem, options: options()).close()
        return fileSystem.image
    }

    private static func segments(_ disk: FakeDisk) -> [String] {
        disk.names.keys.filter { $0.hasSuffix(".jsonl") && disk[$0]?.isEmpty == false }.sorted()
    }

    private static func index(of segment: String) -> String {
        String(segment.dropLast(".jsonl".utf8.count)) + ".index"
    }

    /// What a start replays, the bytes of each file that it read, and the disk it leaves.
    private static func start(
        _ disk: FakeDisk,
        usesIndexes: Bool = true,
        threads: Int = 0
    ) throws -> (replayed: [EventSummary], read: [String: Int], disk: FakeDisk) {
        let read = Monitor<[String: Int]>([:])
        let fileSystem = FakeFileSystem(disk) { call in
            if case .read(let path) = call { read.withLock { $0[path, default: 0] += 1 } }
            return .none
        }
        var options = options()
        options.usesIndexes = usesIndexes
        options.recoveryThreads = threads
        var replayed: [EventSummary] = []
        let journal = try openFake(fileSystem, options: options) { replayed.append($0) }
        let reads = read.withLock { $0 }
        #expect(try readAll(journal).lines.map { EventSummary($0) } == replayed)
        journal.close()
        return (replayed, reads, fileSystem.image)
    }

    @Test func sealedSegmentsAreNotReadButTheEndOfTheJournalIs() throws {
        let disk = try Self.disk()
        let segments = Self.segments(disk)
        try #require(segments.count == 5)
        let (replayed, read, _) = try Self.start(disk)
        #expect(replayed.map(\.id) == Array(1...30))
        // First line and last line, against three pieces of 1 MiB at most.
        #expect(read[segments[0]] == 2)
        #expect(read[segments[segments.count - 1], default: 0] > 2)
        let end = segments.reversed().prefix { (read[$0] ?? 0) > 2 }
        #expect(end.reduce(0) { $0 + (disk[$1]?.count ?? 0) } >= Recovery.rewrittenBytesMax)
        let before = end.dropLast().reduce(0) { $0 + (disk[$1]?.count ?? 0) }
        #expect(before < Recovery.rewrittenBytesMax, "more than the end was read")
    }

    @Test func indexesAreMadeWhereThereAreNoneAndWrittenOnce() throws {
        var disk = try Self.disk()
        let segments = Self.segments(disk)
        let expected = segments.map { disk[Self.index(of: $0)] }
        #expect(!expected.contains(nil))
        for segment in segments { disk.names[Self.index(of: segment)] = nil }
        let (replayed, _, after) = try Self.start(disk)
        #expect(replayed.map(\.id) == Array(1...30))
        #expect(segments.map { after[Self.index(of: $0)] } == expected)
        let writes = Atomic(0)
        let fileSystem = FakeFileSystem(after) { call in
            if case .write(let path, _) = call, path.contains(".index") { writes.add(1, ordering: .relaxed) }
            return .none
        }
        try openFake(fileSystem, options: Self.options()).close()
        #expect(writes.load(ordering: .relaxed) == 0)
    }

    /// What may be wrong with an index.
    enum Flaw: CaseIterable, Sendable {
        case missing, empty, flippedHeader, flippedEntry, flippedChecksum, cut, extended, garbage, otherSegment
        case segmentShorter, segmentLonger, firstLineOther, lastLineOther
    }

    private static func spoil(_ disk: inout FakeDisk, _ flaw: Flaw, _ segment: String) throws {
        let index = index(of: segment)
        let bytes = try #require(disk[index])
        let count = disk[segment]?.count ?? 0
        switch flaw {
        case .missing: disk.names[index] = nil
        case .empty: disk[index] = []
        case .flippedHeader: disk[index]?[20] ^= 1
        case .flippedEntry: disk[index]?[bytes.count / 2] ^= 1
        case .flippedChecksum: disk[index]?[bytes.count - 1] ^= 1
        case .cut: disk[index] = Array(bytes.dropLast(5))
        case .extended: disk[index] = bytes + [0]
        case .garbage: disk[index] = [UInt8](repeating: 0x55, count: 10_000)
        case .otherSegment: disk[index] = disk[Self.index(of: try #require(segments(disk).dropFirst(2).first))]
        case .segmentShorter: disk[segment]?.removeLast(10)
        case .segmentLonger: disk[segment]? += Array("more\n".utf8)
        case .firstLineOther: disk[segment]?[300] ^= 1
        case .lastLineOther: disk[segment]?[count - 300] ^= 1
        }
    }

    @Test(arguments: Flaw.allCases)
    func anIndexThatIsNotTrueIsMadeAnewFromTheSegment(flaw: Flaw) throws {
        var disk = try Self.disk()
        let segment = try #require(Self.segments(disk).first)
        let good = disk[Self.index(of: segment)]
        try Self.spoil(&disk, flaw, segment)
        let (replayed, _, after) = try Self.start(disk)
        #expect(replayed == (try Self.start(disk, usesIndexes: false)).replayed)
        let lost: Set<UInt64> =
            switch flaw {
            case .segmentShorter, .lastLineOther: [7]
            case .firstLineOther: [1]
            default: []
            }
        #expect(replayed.map(\.id) == (1...30).filter { !lost.contains($0) })
        if lost.isEmpty { #expect(after[Self.index(of: segment)] == good) }
        // Now it is believed.
        let (again, read, _) = try Self.start(after)
        #expect(again == replayed)
        #expect(read[segment] == 2)
    }

    @Test func anIndexWithoutASegmentIsRemoved() throws {
        var disk = try Self.disk()
        let orphan = Self.directory + "00000000000000009999.index"
        disk[orphan] = disk[Self.index(of: try #require(Self.segments(disk).first))]
        disk[Self.directory + "00000000000000000001.index.tmp"] = [1, 2, 3]
        let after = try Self.start(disk).disk
        #expect(after[orphan] == nil)
        #expect(!after.names.keys.contains { $0.hasSuffix(".tmp") })
    }

    @Test func anIndexOfASegmentThatIsReadForItsIDsIsNotBelieved() throws {
        // The same lines once more under a later name: each is an event of the segment whose name says so, and of no other.
        var disk = try Self.disk()
        let first = try #require(Self.segments(disk).first)
        let copy = Self.directory + "00000000000000000002.jsonl"
        disk[copy] = disk[first]
        let (replayed, _, after) = try Self.start(disk)
        #expect(replayed.map(\.id) == Array(1...30))
        let again = try Self.start(after)
        #expect(again.replayed == replayed)
    }

    @Test(arguments: [0, 1, 3])
    func aStartReplaysTheSameWithIndexesAndWithout(threads: Int) throws {
        var random = SeededGenerator(seed: UInt64(threads) + 10)
        for _ in 0..<4 {
            var disk = try Self.disk()
            let segments = Self.segments(disk)
            for segment in segments where Int.random(in: 0...2, using: &random) == 0 {
                // A copy: changing the disk byte by byte would copy the file each time.
                var bytes = try #require(disk[segment])
                let begin = Int.random(in: 0..<bytes.count - 200, using: &random)
                let range = begin..<Int.random(in: begin + 1...bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[begin] ^= 4
                case 1: bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
                case 2: bytes.removeSubrange(range)
                default: bytes.insert(contentsOf: Array("?\n\n{\"spec".utf8), at: begin)
                }
                disk[segment] = bytes
                disk.names[Self.index(of: segment)] = nil
            }
            let without = try Self.start(disk, usesIndexes: false, threads: threads)
            let with = try Self.start(disk, threads: threads)
            #expect(with.replayed == without.replayed)
            #expect(try Self.start(with.disk, threads: threads).replayed == without.replayed)
            #expect(try Self.start(without.disk, usesIndexes: false).replayed == without.replayed)
        }
    }

    @Test func aFailingIndexCostsNothingButTheIndex() throws {
        var disk = try Self.disk()
        for segment in Self.segments(disk) { disk.names[Self.index(of: segment)] = nil }
        for errno in [Errno.noSpace, .ioError, .readOnlyFileSystem] {
            let fileSystem = FakeFileSystem(disk) { call in
                switch call {
                case .open(let path) where path.contains(".index"): .fails(errno)
                case .write(let path, _) where path.contains(".index"): .fails(errno)
                default: .none
                }
            }
            var replayed: [UInt64] = []
            let journal = try openFake(fileSystem, options: Self.options(segmentBytesMax: 1)) { replayed.append($0.id) }
            #expect(replayed == Array(1...30))
            for id in 31...33 { #expect(try journal.appendAndWait(sampleDraft(id)) == UInt64(id)) }
            journal.close()
            #expect(journal.failure == .closed)
            #expect(fileSystem.image.names.keys.filter { $0.contains(".index") } == [])
        }
    }

    @Test func aSurveyThatFailsEndsTheStartOnAnyThread() throws {
        let disk = try Self.disk()
        let segment = Self.segments(disk)[2]
        for threads in 0...2 {
            let fileSystem = FakeFileSystem(disk) { call in call == .read(segment) ? .fails(.permissionDenied) : .none }
            var options = Self.options()
            options.recoveryThreads = threads
            let error = #expect(throws: JournalError.self) { try openFake(fileSystem, options: options) }
            #expect(error?.cause?.errno == .permissionDenied)
        }
    }
}
