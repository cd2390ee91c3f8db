import FoundationEssentials
import Posix
import Synchronization
import SystemPackage
import Testing
import Threading

@testable import Journal

/// Power cuts at any call, on a disk that keeps any part of what was not synchronized.
@Suite struct CrashTests {
    /// What a disk says is done and is not.
    enum Lie: Sendable { case none, data, names }

    /// What must hold after a crash, by the names of the fault-test oracle.
    private struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    /// One life after another of a journal on one disk, each ended by a power cut at some call.
    private struct Life {
        var random: SeededGenerator
        var disk = FakeDisk()
        /// What was answered as durable: the id and what it says.
        var acknowledged: [UInt64: String] = [:]
        /// What was handed in, answered or not.
        var sent: Set<String> = []
        let lie: Lie

        init(seed: UInt64, lie: Lie = .none) {
            random = SeededGenerator(seed: seed)
            self.lie = lie
        }

        mutating func run(lives: Int) throws {
            for life in 0..<lives {
                try live(life)
                disk = disk.crashed(&random)
                try check()
            }
        }

        /// Appends batches until the power goes.
        private mutating func live(_ life: Int) throws {
            let calls = Atomic(0)
            let last = Int.random(in: 1...60, using: &random)
            let fails = Int.random(in: 0...3, using: &random) == 0 ? Int.random(in: 1...60, using: &random) : 0
            let errno = [Errno.noSpace, .ioError, .fileTooLarge].randomElement(using: &random) ?? .noSpace
            let takes = Int.random(in: 1...900, using: &random)
            let lie = lie
            let fileSystem = FakeFileSystem(disk) { call in
                let number = calls.add(1, ordering: .relaxed).newValue
                if number > last { return .fails(.ioError) }
                if number == fails { return .fails(errno) }
                if number.isMultiple(of: 3), case .write = call { return .takes(takes) }
                switch (lie, call) {
                case (.data, .synchronizeData), (.names, .synchronizeDirectory): return .lies
                default: return .none
                }
            }
            defer { disk = fileSystem.image }
            var options = sampleOptions()
            options.segmentBytesMax = Int.random(in: 1...4_000, using: &random)
            guard
                let opening = try? JournalOpening(
                    directory: "/data/journal",
                    options: options,
                    fileSystem: fileSystem,
                    logger: quiet,
                    replay: { _ in }
                ),
                let recovered = opening.recovered
            else { return }
            let catalog = Monitor(recovered.catalog)
            var committer = opening.committer(
                recovered,
                catalog: catalog,
                options: options,
                clock: .monotonic,
                logger: quiet
            )
            for batch in 0..<Int.random(in: 1...8, using: &random) {
                let names = (0..<Int.random(in: 1...4, using: &random)).map { "r-\(life)-\(batch)-\($0)" }
                if !commit(names, &committer) { return }
            }
        }

        private mutating func commit(_ names: [String], _ committer: inout Committer) -> Bool {
            let batch = names.map { name in
                var draft = sampleDraft(1, padding: Int.random(in: 0...900, using: &random))
                draft.subject = name
                return PendingAppend(
                    event: EncodedEvent(draft, source: sampleSource),
                    time: draft.time,
                    arrival: .zero,
                    completion: { _ in }
                )
            }
            sent.formUnion(names)
            switch committer.commit(batch) {
            case .durable(let first, _, _):
                for (offset, name) in names.enumerated() { acknowledged[first + UInt64(offset)] = name }
                return true
            case .full: return true
            case .poisoned: return false
            }
        }

        /// I1 to I4 and I6 of the oracle.
        private func check() throws {
            var found: [UInt64: String] = [:]
            var summaries: [EventSummary] = []
            var last: UInt64 = 0
            var problem: String?
            let journal = try openFake(FakeFileSystem(disk)) { line in
                if line.id <= last { problem = "I2: \(line.id) comes after \(last)" }
                last = line.id
                summaries.append(line)
            }
            defer { journal.close() }
            let (lines, gaps) = try readAll(journal)
            for line in lines { found[line.id] = line.subject }
            if lines.map({ EventSummary($0) }) != summaries {
                throw Violation(description: "I2: readers see other events")
            }
            if let problem { throw Violation(description: problem) }
            for (id, name) in acknowledged where found[id] != name {
                throw Violation(description: "I1, I3: \(id) was \(name) and is \(found[id] ?? "not there")")
            }
            if !Set(found.values).isSubset(of: sent) { throw Violation(description: "I4: something nobody sent") }
            if Set(found.values).count != found.count { throw Violation(description: "I1: something is there twice") }
            let covered = lines.count + gaps.reduce(0) { $0 + $1.count }
            if UInt64(covered) != journal.durable.last + 1 - journal.durable.first {
                throw Violation(description: "I2: ids are missing without a gap")
            }
            let next = try journal.appendAndWait(sampleDraft(1))
            if next <= max(last, acknowledged.keys.max() ?? 0) {
                throw Violation(description: "\(next) is given twice")
            }
        }
    }

    /// How many seeds; `FALCONER_CRASH_SEEDS` asks for more.
    private static let seeds =
        ProcessInfo.processInfo.environment["FALCONER_CRASH_SEEDS"].flatMap { UInt64($0) } ?? 1_000

    @Test func noPowerCutCostsAnAcknowledgedEvent() {
        for seed in 1...Self.seeds {
            var life = Life(seed: seed)
            do {
                try life.run(lives: 3)
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
        }
    }

    @Test(arguments: [Lie.data, .names])
    func aDiskThatLiesIsFoundOut(lie: Lie) {
        let caught = (1...UInt64(100)).contains { seed in
            var life = Life(seed: seed, lie: lie)
            do {
                try life.run(lives: 3)
                return false
            } catch {
                return true
            }
        }
        #expect(caught, "a harness that cannot see a lost event proves nothing")
    }
}
