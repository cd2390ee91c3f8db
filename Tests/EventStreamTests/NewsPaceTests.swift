import Testing

@testable import EventStream

struct NewsPaceTests {
    private static let end = ContinuousClock.now

    private func rest(after costs: Duration...) -> Duration? {
        var pace = NewsPace()
        for cost in costs { pace.took(cost, at: Self.end) }
        return pace.due.map { Self.end.duration(to: $0) }
    }

    @Test func aFewSubscribersAreServedAtOnce() {
        #expect(rest(after: .zero) == nil)
        #expect(rest(after: NewsPace.costFree, NewsPace.costFree) == nil)
    }

    @Test func aCrowdRestsNineteenTimesAsLongAsItTook() {
        let cost = NewsPace.costFree + .nanoseconds(1)
        #expect(rest(after: cost) == cost * 19)
        #expect(rest(after: .milliseconds(1), .microseconds(500)) == .microseconds(28_500))
    }

    @Test func noRestIsLongerThanItsBound() {
        #expect(rest(after: .milliseconds(3)) == NewsPace.restMax)
        #expect(rest(after: .seconds(3), .seconds(3)) == .milliseconds(50))
    }

    @Test func aRestThatIsOverCountsNoMore() {
        var pace = NewsPace()
        pace.took(.milliseconds(1), at: Self.end)
        let later = Self.end + .seconds(1)
        pace.took(.microseconds(300), at: later)
        #expect(pace.due == later + .microseconds(5_700))
    }
}
