import Posix
import Testing

@testable import Falconer

/// Whom to ask about next, and when.
@Suite struct WatchListTests {
    private static let second: Int64 = 1_000_000
    private let first = id(1)
    private let other = id(2)

    private static func id(_ number: UInt8) -> SubmissionID {
        SubmissionID(at: WallTime(microseconds: 0), random: [UInt8](repeating: number, count: 10))
    }

    private func list(_ change: (inout WatchList.Policy) -> Void = { _ in }) -> WatchList {
        var policy = WatchList.Policy()
        change(&policy)
        return WatchList(policy)
    }

    @Test func aCallbackIsWaitedForBeforeFalIsAsked() {
        var list = list()
        list.follow(first, endpoint: "a/b", requestID: "r", since: 0, now: 0, jitter: 0)
        let early = list.next(now: WatchList.firstWithCallbacks - 1, searching: false)
        #expect(early == nil)
        let due = list.next(now: WatchList.firstWithCallbacks, searching: false)
        #expect(due?.errand == .status(requestID: "r"))
        let again = list.next(now: .max / 2, searching: false)
        #expect(again == nil)
    }

    @Test func withoutCallbacksFalIsAskedSoonAndLessOftenWithAge() {
        var list = list { $0.hasCallbacks = false }
        list.follow(first, endpoint: "a/b", requestID: "r", since: 0, now: 0, jitter: 0)
        var now = WatchList.firstWithout
        var waits: [Int64] = []
        for _ in 0..<40 {
            #expect(list.nextDue(searching: false) == now)
            _ = list.next(now: now, searching: false)
            let isUnknown = list.finish(first, .running, now: now, jitter: 0.5)
            #expect(!isUnknown)
            let due = list.nextDue(searching: false) ?? 0
            waits.append(due - now)
            now = due
        }
        #expect(waits.first == WatchList.delayMin)
        #expect(waits == waits.sorted())
        #expect(waits.last == WatchList.delayMax)
    }

    @Test func whatIsLearnedOfAnEndpointSaysWhenToAsk() {
        var list = list { $0.hasCallbacks = false }
        list.durations.learn("a/b", took: 40 * Self.second)
        list.follow(first, endpoint: "a/b", requestID: "r", since: 0, now: 0, jitter: 0)
        #expect(list.nextDue(searching: false) == 20 * Self.second)
    }

    @Test func aHintComesFirstAndFetchesTheResult() {
        var list = list()
        list.follow(first, endpoint: "a/b", requestID: "r1", since: 0, now: 0, jitter: 0)
        list.follow(other, endpoint: "a/b", requestID: "r2", since: 1, now: 1, jitter: 0)
        let isFollowed = list.hint(other, requestID: "r2", now: WatchList.firstWithCallbacks + 9)
        #expect(isFollowed)
        let next = list.next(now: WatchList.firstWithCallbacks + 10, searching: false)
        #expect(next?.id == other)
        #expect(next?.errand == .result(requestID: "r2"))
    }

    @Test func resultsThatExpireEarlyAreAskedAboutBeforeOthers() {
        var list = list()
        list.durations.learn("big/one", resultBytes: Durations.largeResultBytes)
        list.durations.learn("a/b", resultBytes: Durations.largeResultBytes - 1)
        list.follow(first, endpoint: "a/b", requestID: "r1", since: 0, now: 0, jitter: 0)
        list.follow(other, endpoint: "big/one", requestID: "r2", since: 5, now: 5, jitter: 0)
        let next = list.next(now: 2 * WatchList.firstWithCallbacks, searching: false)
        #expect(next?.id == other)
    }

    @Test func falHasToSayMoreThanOnceThatItDoesNotKnowARequest() {
        var list = list()
        list.follow(first, endpoint: "a/b", requestID: "r", since: 0, now: 0, jitter: 0)
        var now = WatchList.firstWithCallbacks
        for round in 1...WatchList.unknownMax {
            _ = list.next(now: now, searching: false)
            let isBelieved = list.finish(first, .unknown, now: now, jitter: 0)
            #expect(isBelieved == (round == WatchList.unknownMax))
            now += WatchList.unknownDelay
        }
    }

    @Test func whatIsUncertainIsSearchedForUntilItsDeadline() {
        var list = list { $0.giveUpAfter = 60 * Self.second }
        list.follow(first, endpoint: "a/b", requestID: nil, since: 0, now: 0, jitter: 0)
        #expect(list.nextDue(searching: false) == nil)
        var now = WatchList.firstSearch
        var errands: [WatchList.Errand] = []
        while now <= 60 * Self.second, let next = list.next(now: now, searching: true) {
            errands.append(next.errand)
            _ = list.finish(first, .notFound, now: now, jitter: 0.5)
            now = list.nextDue(searching: true) ?? .max
        }
        #expect(errands.count > 3)
        #expect(errands.dropLast().allSatisfy { $0 == .search })
        #expect(errands.last == .giveUp)
    }

    @Test func withoutPollingTheDeadlineIsAllThereIs() {
        var list = list {
            $0.isPolling = false
            $0.giveUpAfter = 7
        }
        list.follow(first, endpoint: "a/b", requestID: "r", since: 0, now: 0, jitter: 0)
        let isFollowed = list.hint(first, requestID: "r", now: 1)
        #expect(!isFollowed)
        let early = list.next(now: 6, searching: false)
        #expect(early == nil)
        let due = list.next(now: 7, searching: false)
        #expect(due?.errand == .giveUp)
    }
}

/// How often fal is asked.
@Suite struct PollingPaceTests {
    @Test(arguments: [1, 60, PollingPace.budgetDefault, PollingPace.budgetMax])
    func noMoreThanTheBudgetIsAskedInAMinute(budget: Int) {
        var pace = PollingPace(perMinute: budget)
        #expect(pace.perMinute == budget && pace.lastMinute(now: 0) == 0)
        var asked = 0
        var now: Int64 = 0
        // What may be asked at once is asked first, then a minute at the budget's pace.
        while pace.take(now: now) == nil { asked += 1 }
        let burst = asked
        #expect(burst == max(1, budget / 6))
        while now <= 60_000_000 {
            if let later = pace.take(now: now) { now = later } else { asked += 1 }
        }
        #expect((asked - burst) <= budget + 1)
        #expect((asked - burst) >= budget - 1)
    }

    @Test func whatAQuestionNeedsMoreComesOutOfTheBudgetToo() {
        var pace = PollingPace(perMinute: 60)
        var now: Int64 = 1_000_000
        for _ in 0..<10 {
            let wait = pace.take(now: now)
            #expect(wait == nil)
        }
        // Two pages more: the next question waits for three at a second each.
        pace.charge(now: now)
        pace.charge(now: now)
        #expect(pace.askedCount == 12 && pace.lastMinute(now: now) == 12)
        let later = pace.take(now: now)
        #expect(later == now + 3_000_000)
        now += 3_000_000
        let wait = pace.take(now: now)
        #expect(wait == nil)
        #expect(pace.lastMinute(now: now + 57_000_000) == 1)
    }

    @Test func failuresMakeForLongerAndLongerPausesUntilAnAnswer() {
        var pace = PollingPace(perMinute: 60_000)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for round in 0..<12 {
            let isFirst = pace.failed(now: now, jitter: 1)
            #expect(isFirst == (round == 0))
            let end = pace.take(now: now) ?? now
            pauses.append(end - now)
            now = end
        }
        #expect(pauses.first == PollingPace.firstPause)
        #expect(pauses.last == PollingPace.pauseMax)
        let isBack = pace.answered()
        #expect(isBack)
        let isBackAgain = pace.answered()
        #expect(!isBackAgain)
    }
}
