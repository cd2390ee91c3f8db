import JournalFaults
import Posix
import Synchronization
import SystemPackage
import Testing

@testable import Journal

@Suite struct RecoveryTests {
    private let segment = "/data/journal/00000000000000000001.jsonl"

    /// A disk with a journal of some events, and where each line begins, the end last.
    private func disk(events: Int) throws -> (disk: FakeDisk, offsets: [Int]) {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        for number in 1...events { _ = try journal.appendAndWait(sampleDraft(number)) }
        journal.close()
        let bytes = try #require(fileSystem.image[segment])
        let offsets = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        return (fileSystem.image, offsets)
    }

    private func ids(_ disk: FakeDisk) throws -> (replayed: [UInt64], next: UInt64, disk: FakeDisk) {
        let fileSystem = FakeFileSystem(disk)
        var replayed: [UInt64] = []
        let journal = try openFake(fileSystem) { replayed.append($0.id) }
        defer { journal.close() }
        #expect(try readAll(journal).lines.map(\.id) == replayed)
        let next = try journal.appendAndWait(sampleDraft(1_000))
        let lines = try readAll(journal)
        #expect(lines.lines.map(\.id) == replayed + [next])
        #expect(Set(lines.lines.map(\.id)).isDisjoint(with: lines.gaps.flatMap { Array($0) }))
        return (replayed, next, fileSystem.image)
    }

    @Test func everythingIsReplayedInOrderAtTheNextStart() throws {
        let (disk, _) = try disk(events: 20)
        let (replayed, next, _) = try ids(disk)
        #expect(replayed == Array(1...20))
        #expect(next == 21)
    }

    @Test func aFileCutAtAnyByteKeepsEveryWholeLine() throws {
        let (disk, offsets) = try disk(events: 5)
        let bytes = try #require(disk[segment])
        for cut in offsets[2]..<bytes.count {
            var torn = disk
            torn[segment] = Array(bytes[..<cut])
            let (replayed, next, after) = try ids(torn)
            let whole = offsets.dropFirst().filter { $0 <= cut }.count
            #expect(replayed == Array(1...UInt64(whole)), "cut at \(cut)")
            let isClean = offsets.contains(cut)
            // What looks like one line can have had one id, and that is not given again.
            #expect(next == UInt64(whole) + (isClean ? 1 : 2), "cut at \(cut)")
            #expect(after[segment]?.count == offsets[whole])
            let kept = after["/data/journal/quarantine/1.\(offsets[whole])-\(cut).bad"]
            #expect(kept == (isClean ? nil : Array(bytes[offsets[whole]..<cut])))
        }
    }

    @Test func aByteFlippedAnywhereCostsItsOwnLineOnly() throws {
        let (disk, offsets) = try disk(events: 4)
        let bytes = try #require(disk[segment])
        for line in 0..<4 {
            for position in offsets[line]..<offsets[line + 1] {
                var bad = disk
                var changed = bytes
                changed[position] ^= 0x20
                bad[segment] = changed
                let (replayed, next, after) = try ids(bad)
                let lost: Set<UInt64> =
                    // Without its line feed a line takes the next one with it: where it ends cannot be known.
                    position == offsets[line + 1] - 1 && line < 3
                    ? [UInt64(line) + 1, UInt64(line) + 2] : [UInt64(line) + 1]
                #expect(replayed == (1...4).filter { !lost.contains($0) }, "flipped \(position)")
                #expect(next > 4)
                let quarantined = after.names.keys.filter { $0.contains("quarantine/") }
                #expect(quarantined.count == 1)
                let second = try ids(after)
                #expect(second.replayed == replayed + [next])
            }
        }
    }

    @Test func aLineBehindALostSectorIsFound() throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        _ = try journal.appendAndWait(sampleDraft(1))
        let length = try #require(fileSystem.image[segment]).count
        // Padded so that the third line begins with a sector.
        let second = 1024 - length - (length - 0)
        _ = try journal.appendAndWait(sampleDraft(2, padding: second))
        _ = try journal.appendAndWait(sampleDraft(3))
        journal.close()
        var bytes = try #require(fileSystem.image[segment])
        try #require(bytes[1023] == 0x0A && bytes[1024] == UInt8(ascii: "{"))
        bytes.replaceSubrange(512..<1024, with: repeatElement(0, count: 512))
        var disk = fileSystem.image
        disk[segment] = bytes
        let (replayed, next, _) = try ids(disk)
        #expect(replayed == [1, 3])
        #expect(next == 4)
    }

    @Test func aHoleAtTheEndHidesNoIDThatMayHaveBeenSeen() throws {
        var (disk, _) = try disk(events: 3)
        disk[segment]? += [UInt8](repeating: 0, count: 1_000)
        let (replayed, next, _) = try ids(disk)
        #expect(replayed == [1, 2, 3])
        #expect(next >= 4 + UInt64(1_000 / LineFormat.lineBytesMin))
    }

    @Test func linesThatComeTwiceOrOutOfOrderAreTakenOut() throws {
        var (disk, offsets) = try disk(events: 3)
        let bytes = try #require(disk[segment])
        disk[segment] = bytes + bytes[offsets[1]..<offsets[2]]
        let (replayed, next, _) = try ids(disk)
        #expect(replayed == [1, 2, 3])
        #expect(next >= 4)
    }

    @Test func aGapIsToldBetweenTheLinesAroundIt() throws {
        var (disk, offsets) = try disk(events: 6)
        disk[segment]?[offsets[2] + 5] ^= 1
        disk[segment]?[offsets[3] + 5] ^= 1
        let fileSystem = FakeFileSystem(disk)
        let journal = try openFake(fileSystem)
        defer { journal.close() }
        for limit in [1, 300, 100_000] {
            let (lines, gaps) = try readAll(journal, limit: limit)
            #expect(lines.map(\.id) == [1, 2, 5, 6])
            #expect(gaps == [3...4])
            #expect(try readAll(journal, after: 3, limit: limit).gaps == [4...4])
        }
    }

    @Test func aGapAtTheEndIsToldToo() throws {
        var (disk, offsets) = try disk(events: 3)
        disk[segment] = disk[segment].map { Array($0[..<(offsets[3] - 4)]) }
        let journal = try openFake(FakeFileSystem(disk))
        defer { journal.close() }
        #expect(journal.durable.last == 3)
        let (lines, gaps) = try readAll(journal)
        #expect(lines.map(\.id) == [1, 2])
        #expect(gaps == [3...3])
    }

    @Test func idsSeenElsewhereAreNotGivenAgain() throws {
        let (disk, _) = try disk(events: 2)
        var options = sampleOptions()
        options.seenSequence = 90
        let journal = try openFake(FakeFileSystem(disk), options: options)
        defer { journal.close() }
        #expect(try journal.appendAndWait(sampleDraft(3)) == 91)
    }

    @Test func startingOftenLeavesOneEmptySegment() throws {
        var (disk, _) = try disk(events: 2)
        for _ in 0..<5 {
            let fileSystem = FakeFileSystem(disk)
            try openFake(fileSystem).close()
            disk = fileSystem.image
        }
        #expect(
            disk.names.keys.filter { $0.hasSuffix(".jsonl") }.sorted() == [
                segment, "/data/journal/00000000000000000003.jsonl",
            ]
        )
    }

    @Test func theNameIsKeptAndFoundAgainInTheLines() throws {
        var (disk, _) = try disk(events: 1)
        var options = sampleOptions()
        options.newSource = "urn:uuid:ffffffff-7a3b-7c00-8000-000000000001"
        let kept = try openFake(FakeFileSystem(disk), options: options)
        #expect(kept.source == sampleSource)
        kept.close()
        disk.names["/data/journal/ID"] = nil
        let found = try openFake(FakeFileSystem(disk), options: options)
        #expect(found.source == sampleSource)
        found.close()
        disk["/data/journal/ID"] = Array("something else".utf8)
        let error = #expect(throws: JournalError.self) { try openFake(FakeFileSystem(disk), options: options) }
        #expect(error?.code == .malformedIdentity)
    }

    @Test func anyBytesAreScannedToTheEndAndValidLinesSurvive() throws {
        let (disk, offsets) = try disk(events: 6)
        let bytes = try #require(disk[segment])
        var random = SeededGenerator(seed: 3)
        for _ in 0..<300 {
            var pieces = (0..<6).map { Array(bytes[offsets[$0]..<offsets[$0 + 1]]) }
            let spoilt = Int.random(in: 0..<6, using: &random)
            pieces[spoilt] =
                (0..<Int.random(in: 0...700, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) } + [
                    0x0A
                ]
            var bad = disk
            bad[segment] = pieces.flatMap { $0 }
            let (replayed, next, _) = try ids(bad)
            #expect(replayed == (1...6).filter { $0 != spoilt + 1 }.map { UInt64($0) })
            #expect(next > 6 || (spoilt == 5 && next >= 6))
        }
    }

    /// What a poisoned process left, as the next one finds it: in memory, and on disk in part.
    private func afterAFailedSync(padding: Int) throws -> FakeDisk {
        let fails = Atomic(false)
        let fileSystem = FakeFileSystem { call in
            if case .synchronizeData = call, fails.load(ordering: .relaxed) { .fails(.ioError) } else { .none }
        }
        let journal = try openFake(fileSystem)
        defer { journal.close() }
        _ = try journal.appendAndWait(sampleDraft(1))
        fails.store(true, ordering: .relaxed)
        #expect(throws: JournalFailure.poisoned) { try journal.appendAndWait(sampleDraft(2, padding: padding)) }
        var disk = fileSystem.image
        disk.forgetting = .nothing
        return disk
    }

    @Test(arguments: [1_000, Recovery.rewrittenBytesMax + (200 << 10)])
    func whatAStartReadsFromMemoryIsOnDiskBeforeAnybodySeesIt(padding: Int) throws {
        let fileSystem = FakeFileSystem(try afterAFailedSync(padding: padding))
        let journal = try openFake(fileSystem)
        #expect(try readAll(journal).lines.map(\.id) == [1, 2])
        let crashed = fileSystem.image.crashed(.nothing, seed: 1)
        journal.close()
        #expect(try ids(crashed).replayed == [1, 2])
    }

    @Test func aDirectoryThatAKilledStartMadeIsSynchronizedByTheNext() throws {
        for last in 1...12 {
            let calls = Atomic(0)
            let killed = FakeFileSystem { _ in calls.add(1, ordering: .relaxed).newValue > last ? .isGone : .none }
            try? openFake(killed).close()
            let fileSystem = FakeFileSystem(killed.image)
            let journal = try openFake(fileSystem)
            _ = try journal.appendAndWait(sampleDraft(1))
            let crashed = fileSystem.image.crashed(.nothing, seed: 1)
            journal.close()
            #expect(try ids(crashed).replayed == [1], "killed after call \(last)")
        }
    }

    @Test func linesThatComeBackFromACutThatFailedCostNoLineOfTheNextSegment() throws {
        // Two events, a stop, and a third in a segment of its own.
        let (two, _) = try disk(events: 2)
        var disk = try ids(two).disk
        // The line of a third that was never acknowledged stands in the first segment again.
        let (three, offsets) = try self.disk(events: 3)
        disk[segment]? += try #require(three[segment])[offsets[2]...]
        var replayed: [EventSummary] = []
        let journal = try openFake(FakeFileSystem(disk)) { replayed.append($0) }
        defer { journal.close() }
        let subjects = try readAll(journal).lines.map(\.subject)
        #expect(replayed.map(\.id) == [1, 2, 3])
        #expect(subjects == ["request-1", "request-2", "request-1000"])
    }
}
