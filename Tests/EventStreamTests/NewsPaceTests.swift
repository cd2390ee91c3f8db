import Testing

@testable import EventStream

struct NewsPaceTests {
    private static let start = ContinuousClock.now

    private func due(afterALookOf cost: Duration) -> Duration? {
        var pace = NewsPace()
        pace.took(from: Self.start, to: Self.start + cost)
        return pace.due.map { (Self.start + cost).duration(to: $0) }
    }

    @Test func aFewSubscribersAreServedAtOnce() {
        #expect(due(afterALookOf: .zero) == nil)
        #expect(due(afterALookOf: NewsPace.costFree) == nil)
    }

    @Test func aCrowdRestsNineTimesAsLongAsItTook() {
        let cost = NewsPace.costFree + .nanoseconds(1)
        #expect(due(afterALookOf: cost) == cost * 9)
        #expect(due(afterALookOf: .milliseconds(1)) == .milliseconds(9))
    }

    @Test func noRestIsLongerThanItsBound() {
        #expect(due(afterALookOf: .milliseconds(6)) == NewsPace.restMax)
        #expect(due(afterALookOf: .seconds(3)) == .milliseconds(50))
    }

    @Test func aShortLookEndsTheRests() {
        var pace = NewsPace()
        pace.took(from: Self.start, to: Self.start + .milliseconds(1))
        pace.took(from: Self.start, to: Self.start + .microseconds(1))
        #expect(pace.due == nil)
    }
}
