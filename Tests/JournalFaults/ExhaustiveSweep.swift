import SystemPackage
import Threading

/// Every workload of a few steps, cut off after each of its last step's calls.
///
/// Almost all crash bugs of file systems need three steps or fewer on a new one (Mohan et al., OSDI 2018). The calls of
/// earlier steps are those of a shorter workload, so each is cut off once.
package struct ExhaustiveSweep: Sendable {
    /// The steps that workloads are made of.
    package static let alphabet: [Operation] = [
        .store(events: 2, resends: true, padding: 300),
        .append(events: 1, resends: true, padding: 60),
        .commit,
        .rotate,
        .restart,
        .kill,
        .cut(.nothing),
        .cut(.some),
        .fault(.room(700)),
        .fault(.fileBytesMax(900)),
        .fault(.fails(.segmentSync, .ioError, passing: 0, times: 1)),
        .fault(.fails(.directorySync, .ioError, passing: 0, times: 1)),
        .fault(.fails(.truncate, .ioError, passing: 0, times: 1)),
        .fault(.fails(.open, .tooManyOpenFiles, passing: 0, times: 1)),
        .fault(.fails(.rename, .ioError, passing: 0, times: 1)),
    ]

    /// What becomes of each moment.
    private static let endings: [Ending] = [
        .cut(.nothing), .cut(.everything), .cut(.names), .cut(.bytes), .cut(.some), .cut(.some), .kill,
    ]

    /// How many workloads of exactly so many steps there are.
    package static func count(steps: Int) -> Int {
        (0..<steps).reduce(1) { count, _ in count * alphabet.count }
    }

    /// A workload by its number.
    package static func workload(_ number: Int, steps: Int) -> [Operation] {
        var rest = number
        return (0..<steps).map { _ in
            defer { rest /= alphabet.count }
            return alphabet[rest % alphabet.count]
        }
    }

    private let workload: [Operation]
    private let isTracing: Bool
    private var random = SeededGenerator(seed: 1)
    private var moments: [Moment] = []
    /// What was done, as far as it is traced.
    package private(set) var trace: [String] = []
    /// How many crashes there were.
    package private(set) var crashes = 0

    /// The sweep over one workload.
    package init(_ workload: [Operation], isTracing: Bool = false) {
        self.workload = workload
        self.isTracing = isTracing
    }

    /// Runs the workload, and cuts it off everywhere.
    ///
    /// - Throws: ``Violation``, the first one.
    package mutating func run() throws(Violation) {
        var session = Session(Moment(seed: 1), segmentBytesMax: 64 << 20, isTracing: isTracing)
        defer { session.vanish() }
        do throws(Violation) {
            if workload.isEmpty { watch(session) }
            try session.start()
            for (number, operation) in workload.enumerated() {
                if number == workload.count - 1 { watch(session) }
                session.director.note("\(operation)")
                try perform(operation, &session, isLast: number == workload.count - 1)
            }
        } catch {
            take(session)
            throw error
        }
        take(session)
        moments.append(session.moment)
        try lookEverywhere()
    }

    private func watch(_ session: Session) {
        session.director.state.withLock { $0.isWatching = true }
    }

    private mutating func perform(
        _ operation: Operation,
        _ session: inout Session,
        isLast: Bool
    ) throws(Violation) {
        switch operation {
        case .append(let events, let resends, let padding):
            session.append(events: events, resends: resends, padding: padding, &random)
        case .commit: try session.commit()
        case .store(let events, let resends, let padding):
            session.append(events: events, resends: resends, padding: padding, &random)
            try session.commit()
        case .rotate: session.rotate()
        case .restart:
            try session.stop()
            try replace(&session, session.moment, isLast)
        case .kill: try replace(&session, session.moment, isLast)
        case .cut(let keeping):
            var moment = session.moment
            moment.disk = moment.disk.crashed(keeping, seed: random.next())
            try replace(&session, moment, isLast)
        case .fault(let trouble): session.director.cause(trouble, session.fileSystem.disk)
        }
    }

    /// Another process takes over, on a machine that has no trouble but what its disk holds.
    private mutating func replace(_ session: inout Session, _ moment: Moment, _ isLast: Bool) throws(Violation) {
        session.vanish()
        take(session)
        var moment = moment
        (moment.disk.room, moment.disk.fileBytesMax) = (nil, nil)
        session = Session(moment, segmentBytesMax: session.segmentBytesMax, isTracing: isTracing)
        if isLast { watch(session) }
        try session.start()
    }

    private mutating func lookEverywhere() throws(Violation) {
        for (number, moment) in moments.enumerated() {
            for ending in Self.endings {
                if isTracing { trace.append("== \(ending) at moment \(number) of \(moments.count)") }
                let inspection = Inspection(segmentBytesMax: 64 << 20, seed: random.next(), isTracing: isTracing)
                let after = try inspection.inspect(inspection.next(moment, ending, &random), trace: &trace)
                crashes += 1
                guard ending == .kill || ending == .cut(.some) else { continue }
                if isTracing { trace.append("== then a power cut that leaves nothing") }
                _ = try inspection.inspect(inspection.next(after, .cut(.nothing), &random), trace: &trace)
                crashes += 1
            }
        }
    }

    private mutating func take(_ session: Session) {
        moments += session.director.state.withLock { $0.moments }
        if isTracing { trace += session.director.state.withLock { $0.trace ?? [] } }
    }
}
