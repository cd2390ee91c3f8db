import JournalFaults
import Posix
import SystemPackage
import Testing
import Threading

@testable import Journal

@Suite struct InspectionTests {
    private static let folder = "/data/journal"
    private let segment = "/data/journal/00000000000000000001.jsonl"

    private func disk(events: Int, padding: Int = 0) throws -> FakeDisk {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        for number in 1...events { _ = try journal.appendAndWait(sampleDraft(number, padding: padding)) }
        journal.close()
        return fileSystem.image
    }

    private func inspection(_ disk: FakeDisk) throws -> JournalInspection {
        try #require(try JournalInspection.open(directory: FilePath(Self.folder), fileSystem: FakeFileSystem(disk)))
    }

    /// Everything in the first segment, looked at in parts of so many bytes.
    private func pieces(_ disk: FakeDisk, partBytes: Int = .max) throws -> (
        lines: [UInt64], offsets: [Int], damaged: [DamagedPiece]
    ) {
        let inspection = try inspection(disk)
        let file = try #require(try inspection.segments().first)
        var found: (lines: [UInt64], offsets: [Int], damaged: [DamagedPiece]) = ([], [], [])
        for start in stride(from: 0, to: file.bytes, by: min(partBytes, file.bytes)) {
            let part = start..<min(file.bytes, start + min(partBytes, file.bytes))
            let isThere = try inspection.inspect(file, part) { piece in
                switch piece {
                case .line(let line, let offset):
                    found.lines.append(line.id)
                    found.offsets.append(offset)
                case .damaged(let piece): found.damaged.append(piece)
                }
            }
            #expect(isThere)
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 100, 250, 251, 252, 253, 512, 4_096])
    func partsOfAnySizeGiveTheWholeEachPieceOnce(partBytes: Int) throws {
        var disk = try disk(events: 12)
        var bytes = try #require(disk[segment])
        let offsets = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        bytes[offsets[3] + 30] ^= 1
        bytes[offsets[8] - 1] = UInt8(ascii: "x")
        disk[segment] = bytes + Array("half a li".utf8)
        let whole = try pieces(disk)
        #expect(whole.lines == [1, 2, 3, 5, 6, 7, 10, 11, 12])
        #expect(whole.damaged.map(\.kind) == [.checksum, .checksum, .unfinished])
        let parts = try pieces(disk, partBytes: partBytes)
        #expect(parts.lines == whole.lines)
        #expect(parts.offsets == whole.offsets)
        #expect(parts.damaged == whole.damaged)
    }

    @Test func whereBytesAreBadRecoveryAndInspectionAgree() throws {
        let good = try disk(events: 8, padding: 300)
        let bytes = try #require(good[segment])
        var randomness = SplitMix(state: 17)
        for round in 0..<400 {
            var disk = good
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &randomness) {
                let start = Int.random(in: 0..<changed.count, using: &randomness)
                let sector = start / 512 * 512
                switch Int.random(in: 0..<5, using: &randomness) {
                case 0: changed[start] ^= 1 << UInt8.random(in: 0..<8, using: &randomness)
                case 1: for index in sector..<min(sector + 512, changed.count) { changed[index] = 0 }
                case 2: changed = Array(changed[..<max(start, 1)])
                case 3: changed.insert(contentsOf: Array("\ngarbage\n\n".utf8), at: start)
                default: changed.removeSubrange(sector..<min(sector + 512, changed.count - 1))
                }
            }
            disk[segment] = changed
            let found = try pieces(disk, partBytes: 700)
            let file = try FakeFileSystem(disk).open(segment, .reading)
            var scanner = SegmentScanner(name: SegmentName(first: 1), file: file, lastID: 0)
            var ids: [UInt64] = []
            try scanner.run { ids.append($0.id) }
            #expect(found.lines == ids, "round \(round)")
            // Together they are the file: nothing is left out and nothing told twice.
            #expect(
                found.damaged.reduce(0) { $0 + $1.range.count } == scanner.scan.bad.reduce(0) { $0 + $1.range.count }
            )
        }
    }

    @Test func aPieceLongerThanAnyLineIsOnePieceAndTheLinesBehindItAreFound() throws {
        var disk = try disk(events: 3)
        let bytes = try #require(disk[segment])
        let end = try #require(bytes.firstIndex(of: 0x0A)) + 1
        let long = [UInt8](repeating: 0x78, count: LineFormat.lineBytesMax + 100_000) + [0x0A]
        disk[segment] = Array(bytes[..<end]) + long + Array(bytes[end...])
        for partBytes in [1 << 20, Int.max] {
            let found = try pieces(disk, partBytes: partBytes)
            #expect(found.lines == [1, 2, 3])
            #expect(found.damaged.map(\.range) == [end..<end + long.count])
            #expect(found.damaged.map(\.kind) == [.notALine])
        }
    }

    @Test func whatIsBadTellsWhichIDsMayHaveStoodThere() throws {
        var disk = try disk(events: 4)
        let bytes = try #require(disk[segment])
        let offsets = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        var merged = bytes
        merged[offsets[2] - 1] = UInt8(ascii: "x")
        disk[segment] = merged
        let both = try #require(try pieces(disk).damaged.first)
        #expect(both.traces.readableIDs == [2, 3])
        #expect(both.traces.damagedMax == 2)

        var hole = bytes
        for index in offsets[1]..<offsets[2] { hole[index] = 0 }
        disk[segment] = hole
        let zeros = try #require(try pieces(disk).damaged.first)
        #expect(zeros.traces.readableIDs.isEmpty || zeros.traces.readableIDs == [3])
        #expect(zeros.traces.damagedMax >= 1)
    }

    @Test func whatRecoveryWouldDoIsPlannedAndThenDone() throws {
        var disk = try disk(events: 6)
        var bytes = try #require(disk[segment])
        let offsets = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        bytes[offsets[1] + 60] ^= 4
        disk[segment] = Array(bytes.dropLast(5))
        let plan = try inspection(disk).plannedRepairs()
        #expect(plan.map(\.way) == [.rewrite])
        #expect(plan.first?.ranges == [offsets[1]..<offsets[2], offsets[5]..<bytes.count - 5])

        let fileSystem = FakeFileSystem(disk)
        try openFake(fileSystem).close()
        let repaired = fileSystem.image
        #expect(repaired[segment]?.count == plan.first?.bytesKept)
        #expect(try inspection(repaired).plannedRepairs() == [])
        let quarantine = try inspection(repaired).quarantine()
        #expect(quarantine.map(\.segment) == [1, 1])
        #expect(Set(quarantine.flatMap(\.traces.readableIDs)) == [2, 6])
        #expect(quarantine.map(\.bytes).reduce(0, +) == plan.first?.ranges.reduce(0) { $0 + $1.count })
    }

    @Test func nothingIsWrittenAndNoLockTaken() throws {
        let calls = CallLog()
        let fileSystem = FakeFileSystem(try disk(events: 3), fault: { calls.note($0) })
        let found = try JournalInspection.open(directory: FilePath(Self.folder), fileSystem: fileSystem)
        let inspection = try #require(found)
        _ = try inspection.source()
        _ = try inspection.quarantine()
        _ = try inspection.plannedRepairs()
        for file in try inspection.segments() { _ = try inspection.inspect(file, 0..<file.bytes) { _ in } }
        let writes = calls.all.filter { call in
            switch call {
            case .open, .read, .list: false
            default: true
            }
        }
        #expect(writes == [])
        #expect(fileSystem.disk.withLock { $0.locks.isEmpty })
    }

    @Test func withoutAFolderThereIsNoJournal() throws {
        let directory = FilePath("/no/such/folder/anywhere")
        #expect(try JournalInspection.open(directory: directory)?.directory == nil)
    }
}

/// A generator whose numbers are the same in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// The calls that a file system got.
private final class CallLog: Sendable {
    private let calls = Monitor<[FakeFileSystem.Call]>([])

    var all: [FakeFileSystem.Call] { calls.withLock { $0 } }

    func note(_ call: FakeFileSystem.Call) -> FakeFileSystem.Fault {
        calls.withLock { $0.append(call) }
        return .none
    }
}
