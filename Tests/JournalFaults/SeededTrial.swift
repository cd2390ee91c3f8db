import SystemPackage
import Threading

/// One machine through several lives of a process, all of it from one seed.
package struct SeededTrial {
    /// How many moments of a life are followed by a power cut and looked at.
    static let looksMax = 4
    /// A request that is longer than what a start writes again.
    static let hugePadding = 5 << 20

    private var random: SeededGenerator
    private let lie: Lie?
    private let isTracing: Bool
    /// What was done, as far as it is traced.
    package private(set) var trace: [String] = []
    /// How many crashes there were.
    package private(set) var crashes = 0

    /// The trial of a seed, on a disk that tells the truth or not.
    package init(seed: UInt64, lie: Lie? = nil, isTracing: Bool = false) {
        self.lie = lie
        self.isTracing = isTracing
        random = SeededGenerator(seed: seed)
    }

    /// Runs it.
    ///
    /// - Throws: ``Violation``, the first one.
    package mutating func run() throws(Violation) {
        var moment = Moment(seed: random.next())
        let paddingMax =
            random.once(in: 4_000) ? Self.hugePadding : [0, 60, 900, 6_000].randomElement(using: &random) ?? 0
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            moment = try live(moment, paddingMax: paddingMax)
        }
    }

    private mutating func live(_ start: Moment, paddingMax: Int) throws(Violation) -> Moment {
        let segmentBytesMax = [1, 500, 4_000, 64 << 20].randomElement(using: &random) ?? 1
        var start = start
        start.disk.forgetting = [.everything, .nothing, .some].randomElement(using: &random) ?? .some
        let session = Session(start, segmentBytesMax: segmentBytesMax, lie: lie, isTracing: isTracing)
        defer { session.vanish() }
        do throws(Violation) {
            note("a life with segments of \(segmentBytesMax) bytes")
            session.director.state.withLock { $0.isWatching = true }
            if random.once(in: 4) { cause(trouble(), session) }
            try session.start()
            for _ in 0..<Int.random(in: 1...8, using: &random) { try step(session, paddingMax) }
            if random.once(in: 3) {
                note("stop")
                try session.stop()
            }
        } catch {
            take(session)
            throw error
        }
        take(session)
        return try look(at: session)
    }

    private mutating func step(_ session: Session, _ paddingMax: Int) throws(Violation) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<6:
            session.append(
                events: Int.random(in: 1...4, using: &random),
                resends: random.once(in: 3),
                padding: Int.random(in: 0...paddingMax, using: &random),
                &random
            )
            if random.once(in: 4) { return }
            try session.commit()
        case 6: try session.commit()
        case 7: session.rotate()
        case 8...9: cause(trouble(), session)
        case 10: session.director.cause(.heals, session.fileSystem.disk)
        default:
            session.append(events: 1, resends: true, padding: 0, &random)
            try session.commit()
        }
    }

    private mutating func trouble() -> Trouble {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .room(Int.random(in: 0...3_000, using: &random))
        case 1: return .fileBytesMax(Int.random(in: 0...6_000, using: &random))
        case 2: return .shortWrites(Int.random(in: 1...900, using: &random))
        default:
            let errnos: [Errno] = [.ioError, .noSpace, .tooManyOpenFiles, .fileTooLarge, .readOnlyFileSystem]
            return .fails(
                CallKind.allCases.randomElement(using: &random) ?? .any,
                errnos.randomElement(using: &random) ?? .ioError,
                passing: Int.random(in: 0...6, using: &random),
                times: random.coin() ? 1 : 1_000
            )
        }
    }

    private func cause(_ trouble: Trouble, _ session: Session) {
        session.director.cause(trouble, session.fileSystem.disk)
    }

    /// Cuts the power at some moments of the life, and chooses one from which the machine goes on.
    private mutating func look(at session: Session) throws(Violation) -> Moment {
        var moments = session.director.state.withLock { $0.moments }
        moments.append(session.moment)
        var next = moments[moments.count - 1]
        for _ in 0..<min(moments.count, Self.looksMax) {
            let number = random.once(in: 3) ? moments.count - 1 : Int.random(in: 0..<moments.count, using: &random)
            let ending = random.once(in: 4) ? Ending.kill : .cut(random.once(in: 4) ? .nothing : .some)
            let inspection = Inspection(segmentBytesMax: 64 << 20, seed: random.next(), lie: lie, isTracing: isTracing)
            var found = inspection.next(moments[number], ending, &random)
            note("\(ending) at moment \(number) of \(moments.count)")
            if ending != .kill, random.once(in: 6) {
                found.rot(&random)
                note("the disk spoils \(found.ledger.rotten.sorted())")
            }
            next = found
            let after = try inspection.inspect(found, trace: &trace)
            crashes += 1
            // What was shown and answered after a start is a promise too.
            if random.coin() {
                note("then a power cut that leaves nothing")
                let again = inspection.next(after, .cut(.nothing), &random)
                _ = try inspection.inspect(again, trace: &trace)
                crashes += 1
            }
        }
        return next
    }

    private mutating func note(_ text: @autoclosure () -> String) {
        if isTracing { trace.append("== " + text()) }
    }

    private mutating func take(_ session: Session) {
        if isTracing { trace += session.director.state.withLock { $0.trace ?? [] } }
    }
}
