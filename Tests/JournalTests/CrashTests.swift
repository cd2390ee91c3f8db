import FoundationEssentials
import JournalFaults
import Testing

/// Crashes on a disk that keeps any part of what was not synchronized; `falconer-crashes` runs the same without end.
@Suite struct CrashTests {
    /// How many seeds; `FALCONER_CRASH_SEEDS` asks for more.
    private static let seeds =
        ProcessInfo.processInfo.environment["FALCONER_CRASH_SEEDS"].flatMap { UInt64($0) } ?? 20

    @Test func noCrashAndNoFaultBreaksAPromise() {
        for seed in 1...Self.seeds {
            var trial = SeededTrial(seed: seed)
            do throws(Violation) {
                try trial.run()
            } catch {
                Issue.record("\(error); falconer-crashes --replay \(seed) shows how")
                return
            }
        }
    }

    @Test(arguments: [0, 1])
    func everyShortWorkloadMayBeCutOffAnywhere(steps: Int) {
        for number in 0..<ExhaustiveSweep.count(steps: steps) {
            var sweep = ExhaustiveSweep(ExhaustiveSweep.workload(number, steps: steps))
            do throws(Violation) {
                try sweep.run()
            } catch {
                Issue.record("\(error); falconer-crashes --replay-workload \(steps):\(number) shows how")
                return
            }
        }
    }

    @Test(arguments: Lie.allCases)
    func aDiskThatLiesIsFoundOut(lie: Lie) {
        let caught = (1...UInt64(100)).contains { seed in
            var trial = SeededTrial(seed: seed, lie: lie)
            do throws(Violation) {
                try trial.run()
                return false
            } catch {
                return true
            }
        }
        #expect(caught, "a harness that cannot see a lost event proves nothing")
    }

    @Test func aSeedComesOutTheSameEachTime() throws {
        for seed in UInt64(1)...3 {
            let traces = (0..<2).map { _ in
                var trial = SeededTrial(seed: seed, isTracing: true)
                try? trial.run()
                return trial.trace
            }
            #expect(traces[0] == traces[1])
            #expect(traces[0].count > 20)
        }
    }
}
