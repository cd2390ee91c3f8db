import Journal

/// What was found in a part of a segment, in the order of its bytes.
struct PartReport: Sendable {
    /// Lines whose ids rise by one.
    struct Run: Equatable, Sendable {
        var ids: ClosedRange<UInt64>
        /// Where the first of them stands.
        let offset: Int
    }

    /// One thing after the other, as far as their order matters.
    enum Step: Equatable, Sendable {
        case run(Run)
        case damage(DamagedPiece)
        case failure(VerificationFailure)
    }

    private(set) var events = 0
    private(set) var bytes = 0
    private(set) var signatures = 0
    private(set) var steps: [Step] = []
    /// How often each kind of failure was found in single events; more than there are failures in ``steps``.
    private(set) var counts: [VerificationFailure.Kind: Int] = [:]

    private let segment: String
    private let failuresMax: Int
    private var failures = 0
    /// Where in the steps the run is that may go on.
    private var openRun: Int?

    /// Begins a report.
    ///
    /// - Parameters:
    ///   - segment: The segment's file.
    ///   - failuresMax: How many failures are kept; all are counted.
    init(segment: String, failuresMax: Int) {
        self.segment = segment
        self.failuresMax = failuresMax
    }

    /// Takes in the next piece.
    mutating func take(_ piece: InspectedPiece, _ check: EventCheck) {
        switch piece {
        case .damaged(let piece):
            steps.append(.damage(piece))
            openRun = nil
        case .line(let line, let offset):
            events += 1
            bytes += line.bytes.count
            if check.isSigned(line) { signatures += 1 }
            let problem = check.problem(with: line)
            // An event of another journal has no place in the order of this one.
            if problem?.kind != .otherJournal { extendRun(line.id, offset) }
            if let problem { fail(problem, line.id, offset) }
        }
    }

    private mutating func extendRun(_ id: UInt64, _ offset: Int) {
        if let openRun, case .run(var run) = steps[openRun], id == run.ids.upperBound + 1 {
            run.ids = run.ids.lowerBound...id
            steps[openRun] = .run(run)
        } else {
            openRun = steps.count
            steps.append(.run(Run(ids: id...id, offset: offset)))
        }
    }

    private mutating func fail(_ problem: EventCheck.Problem, _ id: UInt64, _ offset: Int) {
        counts[problem.kind, default: 0] += 1
        failures += 1
        guard failures <= failuresMax else { return }
        steps.append(
            .failure(
                VerificationFailure(
                    kind: problem.kind,
                    segment: segment,
                    offset: offset,
                    ids: id...id,
                    detail: problem.detail
                )
            )
        )
    }
}
