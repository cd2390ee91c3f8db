import JournalFaults
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

/// Indexes while the journal is open, and segments that go bad behind their backs.
@Suite struct IndexWhileRunningTests {
    private static let directory = "/data/journal/"
    private static let first = directory + "00000000000000000001.jsonl"
    private static let firstIndex = directory + "00000000000000000001.index"

    private static func options() -> JournalOptions {
        var options = sampleOptions()
        options.segmentBytesMax = 4_000
        return options
    }

    @Test func aSegmentThatIsLeftGetsItsIndex() async throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem, options: Self.options())
        for number in 1...30 { _ = try journal.appendAndWait(sampleDraft(number)) }
        #expect(await eventually { fileSystem.image[Self.firstIndex] != nil })
        let made = try #require(fileSystem.image[Self.firstIndex])
        journal.close()
        var options = Self.options()
        options.usesIndexes = false
        let again = FakeFileSystem(fileSystem.image)
        try openFake(again, options: options).close()
        #expect(again.image[Self.firstIndex] == made)
        // Nobody synchronizes an index, and nobody has to.
        #expect(fileSystem.image.names.keys.filter { $0.hasSuffix(".tmp") } == [])
    }

    @Test func noEventWaitsForAnIndex() throws {
        let holds = Monitor(true)
        let fileSystem = FakeFileSystem { call in
            guard case .open(let path) = call, path.contains(".index") else { return .none }
            holds.wait(until: { !$0 }, { _ in })
            return .none
        }
        let journal = try openFake(fileSystem, options: Self.options())
        for number in 1...60 { #expect(try journal.appendAndWait(sampleDraft(number)) == UInt64(number)) }
        holds.withLock { $0 = false }
        holds.notifyAll()
        journal.close()
    }

    /// A segment of some events whose bytes are changed once the journal has been opened.
    private static func opened(
        events: Int = 8,
        draft: (Int) -> EventDraft = { sampleDraft($0, padding: 100) },
        _ spoil: (inout [UInt8], [Int]) -> Void
    ) throws -> (journal: Journal, fileSystem: FakeFileSystem) {
        let first = FakeFileSystem()
        let journal = try openFake(first)
        for number in 1...events { _ = try journal.appendAndWait(draft(number)) }
        journal.close()
        let fileSystem = FakeFileSystem(first.image)
        let again = try openFake(fileSystem)
        fileSystem.disk.withLock { disk in
            guard var bytes = disk[Self.first] else { return }
            let offsets = splitLines(bytes).reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
            spoil(&bytes, offsets)
            disk[Self.first] = bytes
        }
        return (again, fileSystem)
    }

    @Test(arguments: [1, 300, 100_000])
    func aLineThatGoesBadIsAGapAndTheLaterOnesAreRead(limit: Int) throws {
        for bad in 1...8 {
            for position in [5, 40, 200, 300] {
                let (journal, _) = try Self.opened { bytes, offsets in bytes[offsets[bad - 1] + position] ^= 1 }
                let (lines, gaps) = try readAll(journal, limit: limit)
                #expect(lines.map(\.id) == (1...8).filter { $0 != bad }.map { UInt64($0) })
                #expect(gaps == [UInt64(bad)...UInt64(bad)])
                #expect(try journal.event(UInt64(bad)) == nil)
                for id in 1...8 where id != bad { #expect(try journal.event(UInt64(id))?.id == UInt64(id)) }
                journal.close()
            }
        }
    }

    @Test(arguments: [1, 700, 100_000])
    func bytesThatAreNoLinesAreSteppedOver(limit: Int) throws {
        let spoils: [(inout [UInt8], [Int]) -> Void] = [
            // Zeros over two lines and more, to the end, over all; a file cut short; a line feed lost.
            { bytes, offsets in for place in offsets[2] + 9..<offsets[4] { bytes[place] = 0 } },
            { bytes, offsets in for place in offsets[6]..<bytes.count { bytes[place] = 0 } },
            { bytes, offsets in for place in 0..<bytes.count { bytes[place] = 0 } },
            { bytes, offsets in bytes.removeLast(bytes.count - offsets[5] - 20) },
            { bytes, offsets in bytes[offsets[3] - 1] = 0x20 },
        ]
        let left: [[UInt64]] = [[1, 2, 6, 7, 8], [1, 2, 3, 4, 5, 6], [], [1, 2, 3, 4, 5], [1, 2, 5, 6, 7, 8]]
        for (spoil, left) in zip(spoils, left) {
            let (journal, _) = try Self.opened(spoil)
            _ = try journal.appendAndWait(sampleDraft(9))
            let (lines, gaps) = try readAll(journal, limit: limit)
            #expect(lines.map(\.id) == left + [9])
            let missing = gaps.flatMap { Array($0) }
            #expect(Set(missing).union(left) == Set(1...8))
            #expect(missing.count + left.count == 8)
            for id in 0...8 { #expect(try readAll(journal, after: UInt64(id), limit: limit).lines.last?.id == 9) }
            journal.close()
        }
    }

    @Test func moreBadBytesThanALineHasAreSteppedOver() throws {
        let body = [0x22] + [UInt8](repeating: 0x61, count: LineFormat.lineBytesMax - 2_000) + [0x22]
        func draft(_ number: Int) -> EventDraft {
            EventDraft(
                type: .mediaSaved,
                time: WallTime(microseconds: 0),
                data: EventData(validated: body, isSingleLine: true)
            )
        }
        let (journal, _) = try Self.opened(events: 3, draft: draft) { bytes, offsets in
            bytes.replaceSubrange(100..<offsets[2] - 1, with: repeatElement(0x20, count: offsets[2] - 101))
        }
        defer { journal.close() }
        let reader = try journal.reader(after: 0)
        var bytes: [UInt8] = []
        #expect(try reader.read(into: &bytes, limit: 1_000) == .gap(1...2))
        #expect(try reader.read(into: &bytes, limit: 1_000) == .lines)
        #expect(try EventLine.parse(bytes).id == 3)
    }

    @Test func aLineOfAnotherIDIsNoneHereAndHidesNoLater() throws {
        // An intact line with an id that this segment cannot have would move every reader beyond the events there are.
        let (journal, _) = try Self.opened { bytes, offsets in
            var foreign: [UInt8] = []
            EncodedEvent(sampleDraft(3, padding: 100), source: sampleSource).appendLine(id: 9, to: &foreign)
            bytes.replaceSubrange(offsets[2]..<offsets[3], with: foreign)
        }
        defer { journal.close() }
        let (lines, gaps) = try readAll(journal)
        #expect(lines.map(\.id) == [1, 2, 4, 5, 6, 7, 8])
        #expect(gaps == [3...3])
    }

    @Test func aSegmentThatAReaderFoundBadIsReadAtTheNextStart() async throws {
        var options = Self.options()
        options.segmentBytesMax = 1_500_000
        let fileSystem = FakeFileSystem()
        let writer = try openFake(fileSystem, options: options)
        for number in 1...24 { _ = try writer.appendAndWait(sampleDraft(number, padding: 400_000)) }
        #expect(await eventually { fileSystem.image[Self.firstIndex] != nil })
        writer.close()
        fileSystem.disk.withLock { $0[Self.first]?[600_000] ^= 1 }
        // In the middle, so that the index is believed, and the state of the service is whole.
        var replayed: [UInt64] = []
        let journal = try openFake(fileSystem, options: options) { replayed.append($0.id) }
        #expect(replayed == Array(1...24))
        #expect(try readAll(journal).gaps == [2...2])
        #expect(await eventually { fileSystem.image[Self.firstIndex] == nil })
        journal.close()
        replayed = []
        let again = try openFake(FakeFileSystem(fileSystem.image), options: options) { replayed.append($0.id) }
        defer { again.close() }
        #expect(replayed == [1] + Array(3...24))
        #expect(try readAll(again).gaps == [2...2])
    }

    @Test func oneEventIsFoundByItsIDWhereverItStands() throws {
        var options = sampleOptions()
        options.segmentBytesMax = 300_000
        let journal = try openFake(FakeFileSystem(), options: options)
        defer { journal.close() }
        for number in 1...400 { _ = try journal.appendAndWait(sampleDraft(number, padding: number % 7 * 900)) }
        for id in 1...400 {
            let event = try #require(try journal.event(UInt64(id)))
            #expect((event.id, event.subject) == (UInt64(id), "request-\(id)"))
        }
        #expect(try journal.event(0) == nil)
        #expect(throws: JournalError.self) { try journal.event(401) }
    }
}
