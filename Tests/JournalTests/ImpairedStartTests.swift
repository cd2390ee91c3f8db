import JournalFaults
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

/// A disk that lets a journal be read when it is opened, and not written to.
@Suite struct ImpairedStartTests {
    private static let first = "/data/journal/00000000000000000001.jsonl"

    /// The disk of a journal with three events.
    private func written(_ tail: [UInt8] = []) throws -> FakeDisk {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        for number in 1...3 { _ = try journal.appendAndWait(sampleDraft(number)) }
        journal.close()
        var disk = fileSystem.image
        disk[Self.first] = (disk[Self.first] ?? []) + tail
        return disk
    }

    /// Whether a call would change something.
    private static func changes(_ call: FakeFileSystem.Call, on disk: FakeDisk) -> Bool {
        switch call {
        case .read, .list, .makeDirectory, .synchronizeDirectory: false
        case .open(let path): disk.names[path] == nil || path.hasSuffix("LOCK")
        default: true
        }
    }

    @Test(arguments: [Errno.readOnlyFileSystem, .ioError], [[], Array("{\"specv".utf8)])
    func aReadOnlyDiskIsReadAndNotWritten(errno: Errno, tail: [UInt8]) throws {
        let disk = try written(tail)
        let opens = Monitor(0)
        let fileSystem = FakeFileSystem(disk) { call in
            // The second opening of the lock is the one for reading.
            if case .open(let path) = call, path.hasSuffix("LOCK") {
                return opens.withLock {
                    $0 += 1; return $0
                } == 1 ? .fails(errno) : .none
            }
            return Self.changes(call, on: disk) ? .fails(errno) : .none
        }
        var replayed: [UInt64] = []
        let journal = try openFake(fileSystem) { replayed.append($0.id) }
        #expect(replayed == [1, 2, 3])
        #expect(journal.failure == .readOnly)
        #expect(throws: JournalFailure.readOnly) { try journal.appendAndWait(sampleDraft(4)) }
        #expect(try readAll(journal).lines.map(\.id) == [1, 2, 3])
        #expect(try journal.event(2)?.id == 2)
        // A second one is kept out all the same.
        let second = #expect(throws: JournalError.self) { try openFake(fileSystem) }
        #expect(second?.code == .locked)
        journal.close()
        #expect(fileSystem.image[Self.first] == disk[Self.first])
        // What was only read is recovered as ever.
        let again = try openFake(FakeFileSystem(fileSystem.image))
        #expect(try again.appendAndWait(sampleDraft(4)) >= 4)
        again.close()
    }

    @Test func aJournalThatIsNotThereIsNotMadeOnAReadOnlyDisk() {
        let fileSystem = FakeFileSystem { call in
            if case .open = call { .fails(.readOnlyFileSystem) } else { .none }
        }
        #expect(throws: JournalError.self) { try openFake(fileSystem) }
    }

    @Test func aSegmentThatCannotBeReadToItsEndIsLeftAloneAndTheRestIsServed() throws {
        let fileSystem = FakeFileSystem()
        var options = sampleOptions()
        options.segmentBytesMax = 1
        let journal = try openFake(fileSystem, options: options)
        for number in 1...3 { _ = try journal.appendAndWait(sampleDraft(number)) }
        journal.close()
        let disk = fileSystem.image
        let failing = FakeFileSystem(disk) { call in
            if case .read(let path) = call, path.hasSuffix("02.jsonl") { .fails(.ioError) } else { .none }
        }
        let impaired = try openFake(failing, options: options)
        #expect(impaired.failure == .readOnly)
        let (lines, gaps) = try readAll(impaired)
        #expect(lines.map(\.id) == [1, 3])
        #expect(gaps == [2...2])
        impaired.close()
        #expect(failing.image.names.keys.sorted() == disk.names.keys.sorted())
    }

    @Test(arguments: [Errno.noSpace, .diskQuotaExceeded], [[], Array("{\"specv".utf8)])
    func aFullDiskIsReadAndWrittenToOnceThereIsRoom(errno: Errno, tail: [UInt8]) async throws {
        let isFull = Monitor(true)
        let tried = Monitor(0)
        let fileSystem = FakeFileSystem(try written(tail)) { call in
            switch call {
            case .write, .open("/data/journal/00000000000000000004.jsonl"),
                .open("/data/journal/00000000000000000005.jsonl"):
                tried.withLock { $0 += 1 }
                return isFull.withLock { $0 } ? .fails(errno) : .none
            default: return .none
            }
        }
        var options = sampleOptions()
        options.roomPause = .milliseconds(1)
        let journal = try openFake(fileSystem, options: options)
        #expect(journal.failure == .full)
        #expect(throws: JournalFailure.full) { try journal.appendAndWait(sampleDraft(4)) }
        let reader = try journal.reader(after: 1)
        var bytes: [UInt8] = []
        #expect(try reader.read(into: &bytes, limit: 1) == .lines)
        #expect(await eventually { tried.withLock { $0 } > 10 })
        #expect(fileSystem.image.names.keys.filter { $0.contains("quarantine/") } == [])
        isFull.withLock { $0 = false }
        #expect(await eventually { journal.failure == nil })
        let id = try journal.appendAndWait(sampleDraft(4))
        #expect(id == (tail.isEmpty ? 4 : 5))
        var outcome = try reader.read(into: &bytes, limit: 1_000)
        while outcome != .caughtUp { outcome = try reader.read(into: &bytes, limit: 1_000) }
        #expect(bytes.split(separator: 0x0A).count == 3)
        journal.close()
        #expect(fileSystem.image.names.keys.filter { $0.contains("quarantine/") }.count == (tail.isEmpty ? 0 : 1))
        var replayed: [UInt64] = []
        try openFake(FakeFileSystem(fileSystem.image)) { replayed.append($0.id) }.close()
        #expect(replayed == [1, 2, 3, id])
    }

    @Test func aFullDiskThatStaysFullLetsTheJournalBeClosed() throws {
        let fileSystem = FakeFileSystem(try written()) { call in
            if case .open(let path) = call, path.hasSuffix("04.jsonl") { .fails(.noSpace) } else { .none }
        }
        let journal = try openFake(fileSystem)
        journal.close()
        #expect(throws: JournalFailure.closed) { try journal.appendAndWait(sampleDraft(4)) }
    }

    @Test func aSyncThatFailsAtTheStartIsNoReadOnlyDisk() throws {
        for errno in [Errno.ioError, .noSpace] {
            let fileSystem = FakeFileSystem(try written()) { call in
                if case .synchronizeData = call { .fails(errno) } else { .none }
            }
            #expect(throws: JournalError.self) { try openFake(fileSystem) }
        }
    }

    @Test func aPermissionThatIsMissingIsRefused() throws {
        let fileSystem = FakeFileSystem(try written()) { call in
            if case .open = call { .fails(.permissionDenied) } else { .none }
        }
        #expect(throws: JournalError.self) { try openFake(fileSystem) }
    }

    // MARK: - Strict recovery

    private func strictly(_ fileSystem: FakeFileSystem) throws(JournalError) -> Journal {
        var options = sampleOptions()
        options.recovery = .strict
        return try openFake(fileSystem, options: options)
    }

    @Test func strictRecoveryOpensWhatNeedsNoRepair() throws {
        let journal = try strictly(FakeFileSystem(try written()))
        #expect(try journal.appendAndWait(sampleDraft(4)) == 4)
        journal.close()
        try strictly(FakeFileSystem()).close()
    }

    @Test func strictRecoveryNamesWhatItWouldMoveAndChangesNothing() throws {
        let intact = try #require(try written()[Self.first])
        let middle = intact.firstIndex(of: 0x0A) ?? 0
        for (bytes, offset, count) in [
            (intact + Array("{\"specv".utf8), intact.count, 7),
            (Array(intact[...middle]) + [0x0A] + intact[(middle + 1)...], middle + 1, 1),
        ] {
            var disk = try written()
            disk[Self.first] = bytes
            let fileSystem = FakeFileSystem(disk)
            let error = #expect(throws: JournalError.self) { try strictly(fileSystem) }
            #expect(error?.code == .needsRepair)
            for part in [
                "00000000000000000001.jsonl", "\(count) bytes", "offset \(offset) ", "journal repair --dry-run",
            ] {
                #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
            }
            let image = fileSystem.image
            #expect(image[Self.first] == bytes)
            #expect(image.names.keys.sorted() == disk.names.keys.sorted())
            // It lets go of the lock, and the usual recovery goes on.
            let journal = try openFake(FakeFileSystem(image))
            #expect(try readAll(journal).lines.map(\.id) == [1, 2, 3])
            journal.close()
        }
    }
}
