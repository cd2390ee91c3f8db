import JournalFaults

/// One thing to try, which comes out the same each time.
enum Round: Sendable, CustomStringConvertible {
    /// A machine made from a seed.
    case seed(UInt64)
    /// A workload by its length and number.
    case workload(steps: Int, number: Int)

    /// What came of it.
    struct Result: Sendable {
        let crashes: Int
        let violation: Violation?
        let trace: [String]
    }

    func run(isTracing: Bool = false) -> Result {
        switch self {
        case .seed(let seed):
            var trial = SeededTrial(seed: seed, isTracing: isTracing)
            do throws(Violation) { try trial.run() } catch {
                return Result(crashes: trial.crashes, violation: error, trace: trial.trace)
            }
            return Result(crashes: trial.crashes, violation: nil, trace: trial.trace)
        case .workload(let steps, let number):
            var sweep = ExhaustiveSweep(ExhaustiveSweep.workload(number, steps: steps), isTracing: isTracing)
            do throws(Violation) { try sweep.run() } catch {
                return Result(crashes: sweep.crashes, violation: error, trace: sweep.trace)
            }
            return Result(crashes: sweep.crashes, violation: nil, trace: sweep.trace)
        }
    }

    var description: String {
        switch self {
        case .seed(let seed): "seed \(seed)"
        case .workload(let steps, let number):
            "workload \(steps):\(number) (\(ExhaustiveSweep.workload(number, steps: steps)))"
        }
    }

    var replayOption: String {
        switch self {
        case .seed(let seed): "--replay \(seed)"
        case .workload(let steps, let number): "--replay-workload \(steps):\(number)"
        }
    }
}

/// All there is to try, in order.
enum Rounds: Sendable {
    /// Seeds without end.
    case seeds(from: UInt64)
    /// All workloads of up to so many steps, the short ones first.
    case exhaustive(steps: Int)

    /// The round of a number from 0; nil behind the last one.
    subscript(number: Int) -> Round? {
        switch self {
        case .seeds(let first): return .seed(first &+ UInt64(number))
        case .exhaustive(let most):
            var rest = number
            for steps in 0...most {
                let count = ExhaustiveSweep.count(steps: steps)
                if rest < count { return .workload(steps: steps, number: rest) }
                rest -= count
            }
            return nil
        }
    }
}
