import Posix
import SystemPackage
import Threading

/// The machine at one moment: its disk, and what the world outside knows.
package struct Moment: Sendable {
    /// The disk with its memory.
    package var disk: FakeDisk
    /// What is known outside.
    package var ledger: Ledger

    /// A new machine.
    package init(seed: UInt64) {
        disk = FakeDisk(seed: seed)
        ledger = Ledger()
    }

    init(disk: FakeDisk, ledger: Ledger) {
        self.disk = disk
        self.ledger = ledger
    }
}

/// A disk that says that something is done and does not do it: what a service would be that left it out.
package enum Lie: String, CaseIterable, Sendable {
    /// The sync of a segment after a batch.
    case data
    /// Every sync of a directory.
    case names

    func concerns(_ call: FakeFileSystem.Call) -> Bool {
        switch (self, call) {
        case (.data, .synchronizeData), (.names, .synchronizeDirectory): true
        default: false
        }
    }
}

/// Sees every call of one process before it is made: decides what fails, and remembers the moments between calls.
final class Director: Sendable {
    struct State {
        var ledger: Ledger
        /// The requests that were handed in and not answered.
        var inFlight: Set<Int> = []
        /// The requests that the process knows to be stored, by number.
        var known: [Int: UInt64] = [:]
        /// The first promise that was broken while the process ran.
        var violation: Violation?
        var moments: [Moment] = []
        /// Whether moments are remembered.
        var isWatching = false
        var rules: [Rule] = []
        var shortWrites: Int?
        /// Whether anything was made to fail.
        var hadTrouble = false
        var syncFailed = false
        var poisoned = false
        var isGone = false
        var trace: [String]?
    }

    /// What a disk says is done and is not; with one of them every promise must break.
    let lie: Lie?

    struct Rule {
        let kind: CallKind
        let errno: Errno
        var passing: Int
        var times: Int
    }

    let state: Monitor<State>
    /// Reads what can be read, right before a sync of a segment.
    private let probe = Monitor<(@Sendable () -> Void)?>(nil)

    init(ledger: Ledger, lie: Lie?, isTracing: Bool) {
        self.lie = lie
        state = Monitor(State(ledger: ledger, trace: isTracing ? [] : nil))
    }

    func setProbe(_ new: (@Sendable () -> Void)?) {
        probe.withLock { $0 = new }
    }

    func decide(_ call: FakeFileSystem.Call, _ disk: Monitor<FakeDisk>) -> FakeFileSystem.Fault {
        if case .synchronizeData = call, let probe = probe.withLock({ $0 }) { probe() }
        let (isGone, isWatching) = state.withLock { ($0.isGone, $0.isWatching) }
        if isGone { return .isGone }
        let moment = isWatching && Self.changes(call, disk) ? disk.withLock { $0 } : nil
        return state.withLock { state in
            if let moment { state.moments.append(Moment(disk: moment.released, ledger: state.ledger)) }
            var fault = state.decide(call)
            if fault == .none, lie?.concerns(call) == true { fault = .lies }
            state.trace?.append(fault == .none ? "\(call)" : "\(call): \(fault)")
            return fault
        }
    }

    private static func changes(_ call: FakeFileSystem.Call, _ disk: Monitor<FakeDisk>) -> Bool {
        switch call {
        case .read, .list: false
        case .open(let path): disk.withLock { $0.names[path] == nil }
        case .makeDirectory(let path): disk.withLock { !$0.directories.contains(path) }
        default: true
        }
    }

    /// Makes trouble, or ends it.
    func cause(_ trouble: Trouble, _ disk: Monitor<FakeDisk>) {
        state.withLock { state in
            state.trace?.append("-- \(trouble)")
            switch trouble {
            case .fails(let kind, let errno, let passing, let times):
                state.rules.append(Rule(kind: kind, errno: errno, passing: passing, times: times))
            case .shortWrites(let bytes): state.shortWrites = bytes
            case .room, .fileBytesMax: state.hadTrouble = true
            case .heals:
                state.rules = []
                state.shortWrites = nil
            }
        }
        disk.withLock { disk in
            switch trouble {
            case .room(let bytes): disk.room = bytes
            case .fileBytesMax(let bytes): disk.fileBytesMax = bytes
            case .heals: (disk.room, disk.fileBytesMax) = (nil, nil)
            case .fails, .shortWrites: break
            }
        }
    }

    /// The process is gone: none of its calls is made any more, and nobody hears its answers.
    func vanish() {
        state.withLock { $0.isGone = true }
    }

    func note(_ text: String) {
        state.withLock { $0.trace?.append("-- \(text)") }
    }
}

extension Director.State {
    fileprivate mutating func decide(_ call: FakeFileSystem.Call) -> FakeFileSystem.Fault {
        for index in rules.indices where rules[index].kind.matches(call) {
            if rules[index].passing > 0 {
                rules[index].passing -= 1
                continue
            }
            guard rules[index].times > 0 else { continue }
            rules[index].times -= 1
            hadTrouble = true
            if CallKind.segmentSync.matches(call) { syncFailed = true }
            return .fails(rules[index].errno)
        }
        // A large event in small pieces would take longer than anybody waits.
        if let shortWrites, case .write(_, let bytes) = call { return .takes(max(shortWrites, bytes / 8)) }
        return .none
    }

    /// Takes note of what the journal answered.
    mutating func answer(_ number: Int, _ id: UInt64) {
        guard !isGone else { return }
        inFlight.remove(number)
        known[number] = id
        do throws(Violation) {
            if syncFailed || poisoned {
                throw Violation(.poisonIsFinal, "request \(number) was answered as stored after a sync had failed")
            }
            try ledger.answer(id, number)
        } catch {
            violation = violation ?? error
        }
    }

    /// Takes note of a refusal.
    mutating func refuse(_ number: Int, isPoisoned: Bool) {
        guard !isGone else { return }
        inFlight.remove(number)
        if isPoisoned { poisoned = true }
    }
}
