import JournalFaults
import Posix
import Synchronization
import SystemPackage
import Testing
import Threading

@testable import Journal

/// A switch for faults that a test turns while the journal runs.
private final class FaultSwitch: Sendable {
    private let rule = Monitor<@Sendable (FakeFileSystem.Call) -> FakeFileSystem.Fault>({ _ in .none })

    func set(_ new: @escaping @Sendable (FakeFileSystem.Call) -> FakeFileSystem.Fault) {
        rule.withLock { $0 = new }
    }

    func callAsFunction(_ call: FakeFileSystem.Call) -> FakeFileSystem.Fault {
        rule.withLock { $0 }(call)
    }
}

@Suite struct FailureTests {
    private let faults = FaultSwitch()
    private let fileSystem: FakeFileSystem
    private let journal: Journal

    init() throws {
        let faults = faults
        fileSystem = FakeFileSystem { faults($0) }
        journal = try openFake(fileSystem)
    }

    private func isSegmentWrite(_ call: FakeFileSystem.Call) -> Bool {
        if case .write(let path, _) = call { path.hasSuffix(".jsonl") } else { false }
    }

    @Test(arguments: [Errno.noSpace, .diskQuotaExceeded, .fileTooLarge])
    func aFullDiskRefusesAndThenGoesOnWhereItWas(errno: Errno) throws {
        #expect(try journal.appendAndWait(sampleDraft(1)) == 1)
        let writes = Atomic(0)
        // The first call takes a part, the next one finds no room.
        faults.set { call in
            guard case .write(let path, _) = call, path.hasSuffix(".jsonl") else { return .none }
            return writes.add(1, ordering: .relaxed).newValue.isMultiple(of: 2) ? .fails(errno) : .takes(100)
        }
        for _ in 0..<3 {
            #expect(throws: JournalFailure.full) { try journal.appendAndWait(sampleDraft(2)) }
            #expect(journal.failure == .full)
        }
        faults.set { _ in .none }
        #expect(try journal.appendAndWait(sampleDraft(3)) == 2)
        #expect(journal.failure == nil)
        journal.close()
        var replayed: [UInt64] = []
        let again = try openFake(FakeFileSystem(fileSystem.image)) { replayed.append($0.id) }
        #expect(replayed == [1, 2])
        #expect(again.durable.last == 2)
        again.close()
        #expect(fileSystem.image.names.keys.allSatisfy { !$0.contains("quarantine/") })
    }

    @Test func aFileAtItsSizeLimitIsLeftForANewOne() throws {
        #expect(try journal.appendAndWait(sampleDraft(1)) == 1)
        faults.set { call in
            guard case .write(let path, _) = call, path.hasSuffix("0001.jsonl") else { return .none }
            return .fails(.fileTooLarge)
        }
        #expect(throws: JournalFailure.full) { try journal.appendAndWait(sampleDraft(2)) }
        #expect(try journal.appendAndWait(sampleDraft(3)) == 2)
        #expect(fileSystem.image["/data/journal/00000000000000000002.jsonl"] != nil)
        journal.close()
    }

    @Test(arguments: [Errno.ioError, .noSpace, .readOnlyFileSystem, .diskQuotaExceeded])
    func oneFailedSyncEndsItForGood(errno: Errno) throws {
        #expect(try journal.appendAndWait(sampleDraft(1)) == 1)
        let syncs = Atomic(0)
        faults.set { call in
            guard case .synchronizeData = call else { return .none }
            return syncs.add(1, ordering: .relaxed).newValue == 1 ? .fails(errno) : .none
        }
        #expect(throws: JournalFailure.poisoned) { try journal.appendAndWait(sampleDraft(2)) }
        #expect(journal.failure == .poisoned)
        // A second sync would succeed, and would prove nothing.
        #expect(throws: JournalFailure.poisoned) { try journal.appendAndWait(sampleDraft(3)) }
        #expect(syncs.load(ordering: .relaxed) == 1)
        #expect(journal.durable.last == 1)
        #expect(try readAll(journal).lines.map(\.id) == [1])
        journal.close()
        #expect(journal.failure == .poisoned)
        let again = try openFake(FakeFileSystem(fileSystem.image))
        #expect(try again.appendAndWait(sampleDraft(4)) >= 3)
        again.close()
    }

    @Test func aFailedWriteEndsItAndEverybodyWhoWaitsIsTold() throws {
        let outcomes = Monitor<[AppendOutcome]>([])
        let reached = Monitor(false)
        let proceeds = Monitor(false)
        faults.set { call in
            guard case .write = call else { return .none }
            reached.withLock { $0 = true }
            reached.notifyAll()
            proceeds.wait(until: { $0 }, { _ in })
            return .fails(.ioError)
        }
        journal.append(sampleDraft(1)) { outcome in outcomes.withLock { $0.append(outcome) } }
        reached.wait(until: { $0 }, { _ in })
        for number in 2...5 {
            journal.append(sampleDraft(number)) { outcome in outcomes.withLock { $0.append(outcome) } }
        }
        proceeds.withLock { $0 = true }
        proceeds.notifyAll()
        journal.close()
        #expect(outcomes.withLock { $0 } == Array(repeating: .failed(.poisoned), count: 5))
        #expect(journal.statistics.failures[.poisoned] == 5)
    }

    @Test func cuttingBackThatFailsEndsIt() throws {
        faults.set { call in
            switch call {
            case .write: .fails(.noSpace)
            case .truncate: .fails(.ioError)
            default: .none
            }
        }
        #expect(throws: JournalFailure.poisoned) { try journal.appendAndWait(sampleDraft(1)) }
        journal.close()
    }

    @Test func shortWritesAreContinued() throws {
        faults.set { call in if case .write = call { .takes(7) } else { .none } }
        for number in 1...3 { #expect(try journal.appendAndWait(sampleDraft(number)) == UInt64(number)) }
        #expect(try readAll(journal).lines.map(\.id) == [1, 2, 3])
        journal.close()
    }

    @Test func theNthCallThatFailsCostsNoAcknowledgedEvent() throws {
        journal.close()
        for errno in [Errno.ioError, .noSpace, .tooManyOpenFiles] {
            for failing in 1...60 {
                let calls = Atomic(0)
                let faulty = FakeFileSystem { _ in
                    calls.add(1, ordering: .relaxed).newValue == failing ? .fails(errno) : .none
                }
                var acknowledged: [UInt64] = []
                var options = sampleOptions()
                options.segmentBytesMax = 500
                if let journal = try? openFake(faulty, options: options) {
                    for number in 1...8 {
                        if let id = try? journal.appendAndWait(sampleDraft(number)) { acknowledged.append(id) }
                    }
                    journal.close()
                }
                var replayed: [UInt64] = []
                try openFake(FakeFileSystem(faulty.image)) { replayed.append($0.id) }.close()
                #expect(Set(acknowledged).isSubset(of: replayed), "\(errno) at call \(failing)")
                #expect(replayed == replayed.sorted())
                // Room that was missing once ends nothing.
                if errno == .tooManyOpenFiles, !acknowledged.isEmpty, acknowledged.count < 8 {
                    #expect(replayed.count >= acknowledged.count)
                }
            }
        }
    }

    @Test func withoutANewSegmentTheOldOneGoesOn() throws {
        journal.close()
        let faulty = FakeFileSystem { call in
            if case .open(let path) = call, path.hasSuffix(".jsonl"), !path.hasSuffix("01.jsonl") {
                return .fails(.tooManyOpenFiles)
            }
            return .none
        }
        var options = sampleOptions()
        options.segmentBytesMax = 1
        let journal = try openFake(faulty, options: options)
        for number in 1...5 { #expect(try journal.appendAndWait(sampleDraft(number)) == UInt64(number)) }
        journal.close()
        #expect(faulty.image.names.keys.filter { $0.hasSuffix(".jsonl") }.count == 1)
    }
}
