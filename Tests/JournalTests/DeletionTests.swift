import JournalFaults
import Posix
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

/// Deleting what is past the limits, on a journal that is in use.
@Suite struct DeletionTests {
    private static let directory = "/data/journal"
    /// What the holder needs no more.
    private let cursor = Monitor<UInt64>(.max)
    private let refusal = RetentionHold.Refusal.everything

    /// A journal whose segments hold about four events of 250 bytes each.
    private func options() -> JournalOptions {
        var options = sampleOptions()
        options.segmentBytesMax = 1_000
        return options
    }

    private func segments(_ fileSystem: FakeFileSystem) -> [String] {
        fileSystem.image.names.keys.filter { $0.hasSuffix(".jsonl") }.sorted()
    }

    private func keep(_ journal: Journal, within bytesMax: Int, _ refusal: RetentionHold.Refusal = .everything) {
        journal.keepWithin(
            RetentionLimits(bytesMax: bytesMax),
            holds: { [cursor] in
                [RetentionHold(holder: "consumer encoder", cursor: cursor.withLock { $0 }, refusal: refusal)]
            },
            now: { WallTime(microseconds: 0) },
            logger: quiet
        )
    }

    @Test func theOldestSegmentsGoAndEverythingElseStaysReadable() async throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: options())
        for number in 1...40 { _ = try journal.appendAndWait(sampleDraft(number)) }
        let early = try journal.reader(after: 0)
        keep(journal, within: 3_000)
        #expect(await eventually { journal.durable.first > 20 })
        let first = journal.durable.first
        #expect(await eventually { segments(fileSystem).first?.hasSuffix("\(first).jsonl") == true })
        #expect(journal.catalog.withLock { $0.bytes } <= 3_000)
        #expect(try readAll(journal).lines.map(\.id) == Array(first...40))
        var bytes: [UInt8] = []
        #expect(throws: JournalError.self) { try early.read(into: &bytes, limit: 1_000) }
        #expect(try journal.event(1) == nil)
        #expect(try journal.appendAndWait(sampleDraft(41)) == 41)
        journal.close()
        var replayed: [UInt64] = []
        try openFake(FakeFileSystem(fileSystem.image), options: options()) { replayed.append($0.id) }.close()
        #expect(replayed == Array(first...41))
    }

    @Test func anIndexGoesWithItsSegment() async throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: options())
        for number in 1...40 { _ = try journal.appendAndWait(sampleDraft(number)) }
        let index = "\(Self.directory)/00000000000000000001.index"
        fileSystem.disk.withLock { $0[index] = [1] }
        keep(journal, within: 3_000)
        #expect(await eventually { fileSystem.image[index] == nil })
        journal.close()
    }

    @Test func aHoldKeepsItsEventsHasOthersRefusedAndLetsGoByMoving() async throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: options())
        cursor.withLock { $0 = 2 }
        keep(journal, within: 3_000)
        var stored: UInt64 = 0
        // Not by looking again and again: the limit is reached at once, and the block comes a moment later.
        var isBlocked = false
        while !isBlocked, stored < 100_000 {
            if let id = try? journal.appendAndWait(sampleDraft(1)) { stored = id } else { isBlocked = true }
        }
        #expect(isBlocked)
        #expect(journal.failure == .held)
        #expect(journal.block?.holds.map(\.holder) == ["consumer encoder"])
        #expect(throws: JournalFailure.held) { try journal.appendAndWait(sampleDraft(0)) }
        #expect(journal.durable == (1, stored))
        #expect(segments(fileSystem).first?.hasSuffix("01.jsonl") == true)
        cursor.withLock { $0 = stored }
        journal.holdsMoved()
        #expect(await eventually { journal.failure == nil })
        #expect(try journal.appendAndWait(sampleDraft(0)) == stored + 1)
        #expect(journal.durable.first > 1)
        journal.close()
    }

    @Test func aHoldThatMovesWithoutAWordIsSeenByItself() async throws {
        let journal = try openFake(FakeFileSystem(), options: options())
        cursor.withLock { $0 = 0 }
        for number in 1...20 { _ = try journal.appendAndWait(sampleDraft(number)) }
        keep(journal, within: 2_000)
        #expect(await eventually { journal.failure == .held })
        cursor.withLock { $0 = 20 }
        #expect(await eventually { journal.failure == nil })
        journal.close()
    }

    @Test func whatIsUnderWayGoesOnWhereOnlyBeginningsAreRefused() async throws {
        let journal = try openFake(FakeFileSystem(), options: options())
        cursor.withLock { $0 = 0 }
        for number in 1...20 { _ = try journal.appendAndWait(sampleDraft(number)) }
        keep(journal, within: 2_000, .beginnings)
        #expect(await eventually { journal.block != nil })
        let sample = sampleDraft(21)
        let beginning = EventDraft(type: .submissionCreated, time: sample.time, data: sample.data)
        #expect(throws: JournalFailure.held) { try journal.appendAndWait(beginning) }
        #expect(journal.failure == nil)
        #expect(try journal.appendAndWait(sampleDraft(21)) == 21)
        #expect(journal.durable.first == 1)
        journal.close()
    }

    @Test func aFileThatCannotBeDeletedIsTriedAgainAndNothingElseGoesBefore() throws {
        let isStuck = Atomic(true)
        let removed = Monitor<[String]>([])
        let fileSystem = FakeFileSystem { call in
            guard case .remove(let path) = call else { return .none }
            if isStuck.load(ordering: .relaxed) { return .fails(.ioError) }
            removed.withLock { $0.append(path) }
            return .none
        }
        let journal = try openFake(fileSystem, options: options())
        for number in 1...20 { _ = try journal.appendAndWait(sampleDraft(number)) }
        var loop = loop(journal, bytesMax: 1_500)
        _ = loop.step()
        #expect(journal.durable.first > 1)
        #expect(segments(fileSystem).first?.hasSuffix("01.jsonl") == true)
        isStuck.store(false, ordering: .relaxed)
        _ = loop.step()
        #expect(segments(fileSystem).first?.hasSuffix("\(journal.durable.first).jsonl") == true)
        let names = removed.withLock { $0 }.filter { $0.hasSuffix(".jsonl") }
        #expect(names == names.sorted() && names.count > 2)
        #expect(try journal.appendAndWait(sampleDraft(21)) == 21)
        journal.close()
    }

    @Test func aDirectoryThatCannotBeSynchronizedEndsTheJournal() throws {
        let isBroken = Atomic(false)
        let fileSystem = FakeFileSystem { call in
            guard case .synchronizeDirectory = call, isBroken.load(ordering: .relaxed) else { return .none }
            return .fails(.ioError)
        }
        let journal = try openFake(fileSystem, options: options())
        for number in 1...20 { _ = try journal.appendAndWait(sampleDraft(number)) }
        isBroken.store(true, ordering: .relaxed)
        var loop = loop(journal, bytesMax: 1_500)
        _ = loop.step()
        isBroken.store(false, ordering: .relaxed)
        #expect(throws: JournalFailure.poisoned) { try journal.appendAndWait(sampleDraft(21)) }
        #expect(journal.failure == .poisoned)
        // One name at a time: what follows the one in doubt is not touched any more.
        let left = segments(fileSystem).count
        _ = loop.step()
        #expect(segments(fileSystem).count == left)
        journal.close()
    }

    @Test(arguments: 1...40)
    func aPowerCutWhileDeletingLeavesTheNewestEventsWithoutAHole(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let cut = Int(random.next() % 12)
        let calls = Atomic(0)
        let image = Monitor<FakeDisk?>(nil)
        let seen = Monitor<FakeFileSystem?>(nil)
        let fileSystem = FakeFileSystem { _ in
            if calls.add(1, ordering: .relaxed).newValue == cut { image.withLock { $0 = seen.withLock { $0 }?.image } }
            return .none
        }
        let journal = try openFake(fileSystem, options: options())
        for number in 1...40 { _ = try journal.appendAndWait(sampleDraft(number)) }
        seen.withLock { $0 = fileSystem }
        calls.store(0, ordering: .relaxed)
        var loop = loop(journal, bytesMax: 1_500)
        _ = loop.step()
        let crashed = (image.withLock { $0 } ?? fileSystem.image).crashed(.some, seed: random.next())
        seen.withLock { $0 = nil }
        journal.close()
        var replayed: [UInt64] = []
        try openFake(FakeFileSystem(crashed), options: options()) { replayed.append($0.id) }.close()
        let first = try #require(replayed.first)
        #expect(replayed == Array(first...40), "seed \(seed)")
    }

    private func loop(_ journal: Journal, bytesMax: Int) -> RetentionLoop {
        RetentionLoop(
            fileSystem: journal.fileSystem,
            directory: journal.directory,
            catalog: journal.catalog,
            queue: journal.queue,
            limits: RetentionLimits(bytesMax: bytesMax),
            holds: { [] },
            now: { WallTime(microseconds: 0) },
            logger: quiet
        )
    }
}
