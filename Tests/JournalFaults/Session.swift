import Journal
import Logging
import SystemPackage
import Threading

/// One process with a journal, from its start to its end, with clients that send and a reader that reads.
///
/// It keeps what the service keeps: an answered request is not stored again but answered again, and one that is under
/// way is waited for.
final class Session {
    /// Where the journal is.
    static let directory = "/data/journal"
    private static let source = "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001"
    private static let quiet = Logger(label: "faults", factory: { _ in SwiftLogNoOpLogHandler() })
    /// How long an answer may take before the journal counts as stuck.
    private static let patience = Duration.seconds(180)

    let fileSystem: FakeFileSystem
    let director: Director
    let segmentBytesMax: Int
    private let pause = Pause()
    private var journal: Journal?
    private var reader: ReaderAhead?

    init(_ moment: Moment, segmentBytesMax: Int, lie: Lie? = nil, isTracing: Bool = false) {
        let director = Director(ledger: moment.ledger, lie: lie, isTracing: isTracing)
        fileSystem = FakeFileSystem(moment.disk, deciding: { director.decide($0, $1) })
        self.director = director
        self.segmentBytesMax = segmentBytesMax
    }

    deinit {
        vanish()
    }

    /// The machine as it is now.
    var moment: Moment {
        Moment(disk: fileSystem.image, ledger: director.state.withLock { $0.ledger })
    }

    /// Whether a journal is open.
    var isRunning: Bool { journal != nil }

    /// Opens the journal and reads all of it.
    ///
    /// - Throws: ``Violation`` when what is read breaks a promise, or nothing was made to fail and it did not start.
    func start() throws(Violation) {
        var options = JournalOptions(newSource: Self.source)
        options.segmentBytesMax = segmentBytesMax
        // A thread more would have its calls at another place each time; starts make indexes as well, and read them.
        options.indexesSealed = false
        var replayed: [UInt64] = []
        let journal: Journal
        do throws(JournalError) {
            journal = try Journal.open(
                directory: "/data/journal",
                options: options,
                fileSystem: fileSystem,
                clock: pause.clock,
                logger: Self.quiet,
                replay: { replayed.append($0.id) }
            )
        } catch {
            guard director.state.withLock({ $0.hadTrouble }) else { throw Violation(.starts, "\(error)") }
            director.note("no start: \(error)")
            return
        }
        self.journal = journal
        do {
            let all = try readAll(journal)
            try check(
                all,
                replayed: replayed,
                first: journal.durable.first,
                last: journal.durable.last,
                isOnDisk: isOnDisk
            )
            reader = ReaderAhead(journal: journal, after: journal.durable.last, director: director)
        } catch {
            // A service that does not know what is stored may not run.
            close()
            try forgive(error)
        }
        guard let reader else { return }
        director.setProbe { reader.readOn() }
    }

    /// Whether what can be read is on disk; a start that could write nothing shows what memory holds, and promises nothing.
    private var isOnDisk: Bool {
        switch journal?.refusal {
        case .readOnly, .full, .poisoned: false
        default: true
        }
    }

    /// An error that an earlier fault explains, or a broken promise.
    private func forgive(_ error: any Error) throws(Violation) {
        if let violation = error as? Violation { throw violation }
        if director.state.withLock({ $0.hadTrouble }) { return }
        throw Violation(.sequenceIsWhole, "what is there cannot be read: \(error)")
    }

    private func check(
        _ all: JournalText,
        replayed: [UInt64],
        first: UInt64,
        last: UInt64,
        isOnDisk: Bool
    ) throws(Violation) {
        try all.checkSequence(first: first, last: last)
        try director.state.withLock { state throws(Violation) in
            let ids = all.lines.map(\.id)
            if replayed.filter({ !state.ledger.rotten.contains($0) })
                != ids.filter({ !state.ledger.rotten.contains($0) })
            {
                throw Violation(.sequenceIsWhole, "\(replayed) was replayed and \(ids) can be read")
            }
            var found: [UInt64: Int] = [:]
            for line in all.lines {
                if isOnDisk { try state.ledger.see(line) }
                found[line.id] = try state.ledger.number(of: line)
            }
            // A segment that cannot be read at the moment is missing for the moment.
            if isOnDisk { try state.ledger.check(found) }
            for (id, number) in found { state.known[number] = id }
        }
    }

    // MARK: Clients

    /// Hands events in, without waiting for an answer.
    func append(events: Int, resends: Bool, padding: Int, _ random: inout SeededGenerator) {
        guard let journal else { return }
        pause.hold()
        for _ in 0..<events {
            let number = director.state.withLock { $0.ledger.send(padding: padding) }
            send(number, journal)
        }
        guard resends else { return }
        let count = director.state.withLock { $0.ledger.sentCount }
        guard count > events else { return }
        let number = Int.random(in: 1...count - events, using: &random)
        let isOnDisk = isOnDisk
        let answer = director.state.withLock { state -> Bool in
            if state.inFlight.contains(number) { return true }
            // Answered again from what is stored, which is a promise like the first answer.
            guard isOnDisk, let id = state.known[number], !state.syncFailed else { return false }
            state.answer(number, id)
            return true
        }
        if !answer, director.state.withLock({ $0.known[number] == nil }) { send(number, journal) }
    }

    private func send(_ number: Int, _ journal: Journal) {
        let draft = director.state.withLock { state in
            state.inFlight.insert(number)
            return state.ledger.draft(number)
        }
        let director = director
        journal.append(draft) { outcome in
            director.state.withLock { state in
                switch outcome {
                case .durable(let id): state.answer(number, id)
                case .failed(let failure): state.refuse(number, isPoisoned: failure == .poisoned)
                }
            }
            director.state.notifyAll()
        }
    }

    /// Waits for all answers, and reads on.
    func commit() throws(Violation) {
        pause.release()
        guard journal != nil else { return }
        let answered = director.state.wait(
            atMost: Self.patience,
            until: { $0.inFlight.isEmpty },
            { $1 }
        )
        guard answered else { throw Violation(.starts, "the journal does not answer") }
        reader?.readOn()
        try report()
    }

    /// Lets the segment get so old that the next event goes to a new one.
    func rotate() {
        guard director.state.withLock({ $0.inFlight.isEmpty }) else { return }
        pause.advance(.seconds(3_601))
    }

    // MARK: Ends

    /// Stops as the service does: what was handed in is still written.
    func stop() throws(Violation) {
        close()
        director.vanish()
        try report()
    }

    /// The process is gone, whatever it was doing.
    func vanish() {
        director.vanish()
        close()
    }

    private func close() {
        pause.release()
        journal?.close()
        director.setProbe(nil)
        reader = nil
        journal = nil
    }

    /// Throws what went wrong on the journal's thread.
    func report() throws(Violation) {
        if let violation = director.state.withLock({ $0.violation }) { throw violation }
    }
}
