import Testing

@testable import FalconerCommand

/// The line that says how far a batch is.
@Suite struct BatchProgressTests {
    private func state(there: Int, ended: Int) -> BatchState {
        var state = BatchState(count: 100, concurrency: 100, waitsForOutcomes: false)
        for index in 0..<(there + ended) {
            _ = state.next { "\($0)" }
            _ = state.recorded(wasThere: index < there)
        }
        return state
    }

    @Test func theEstimateIsOfTheLinesThatThisRunSubmits() {
        // Ten lines in ten seconds: whatever was there before took no time, and the rest takes as long as those.
        #expect(BatchProgress.text(state(there: 0, ended: 10), after: .seconds(10)).hasSuffix("about 1 min 30 s left"))
        #expect(BatchProgress.text(state(there: 60, ended: 10), after: .seconds(10)).hasSuffix("about 30 s left"))
    }

    @Test func thereIsNoEstimateBeforeALineOfThisRunHasEnded() {
        #expect(!BatchProgress.text(state(there: 60, ended: 0), after: .seconds(10)).contains("left"))
        #expect(BatchProgress.text(state(there: 60, ended: 0), after: .seconds(10)).contains("60/100, 60 there before"))
    }

    @Test func aBatchThatIsDoneHasNoEstimate() {
        #expect(!BatchProgress.text(state(there: 60, ended: 40), after: .seconds(10)).contains("left"))
    }

    @Test func aLineWhoseSubmissionHadEndedBeforeTookNoTimeEither() {
        var state = BatchState(count: 4, concurrency: 4, waitsForOutcomes: true)
        for _ in 0..<2 {
            let index = state.next { "\($0)" } ?? 0
            _ = state.recorded(wasThere: true)
            state.hadEnded()
            _ = state.ended("\(index)", .succeeded)
        }
        #expect(!BatchProgress.text(state, after: .seconds(10)).contains("left"))
        _ = state.next { "\($0)" }
        _ = state.recorded(wasThere: false)
        _ = state.ended("2", .succeeded)
        #expect(BatchProgress.text(state, after: .seconds(10)).hasSuffix("about 10 s left"))
    }
}
