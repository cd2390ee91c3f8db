import Posix
import Testing

@testable import Falconer

@Suite struct SendQueueTests {
    private func id(_ number: UInt8) -> SubmissionID {
        SubmissionID(at: WallTime(microseconds: 0), random: [UInt8](repeating: number, count: 10))
    }

    @Test func whatWasAddedComesInOrderOnce() {
        var queue = SendQueue()
        for number in 0..<200 { queue.add(id(UInt8(number))) }
        #expect(queue.count == 200)
        let taken = (0..<200).map { _ in queue.next(now: 0) }
        #expect(taken == (0..<200).map { id(UInt8($0)) })
        let last = queue.next(now: 0)
        #expect(last == nil)
        #expect(queue.count == 0)
    }

    @Test func whatCertainlyDidNotArriveWaitsLongerEachTimeUpToAMinute() {
        var queue = SendQueue()
        let delays = (0..<9).map { _ in queue.retry(id(1), now: 0, jitter: 0.5) }
        #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { $0 * 1_000_000 })
        queue.finish(id(1))
        #expect(queue.retry(id(1), now: 0, jitter: 0.5) == 1_000_000)
    }

    @Test(arguments: [(0.0, 500_000), (0.999, 1_499_000)])
    func waitsAreSpread(jitter: Double, expected: Int64) {
        var queue = SendQueue()
        #expect(queue.retry(id(1), now: 0, jitter: jitter) == expected)
    }

    @Test func aWaitThatFalAskedForIsKept() {
        var queue = SendQueue()
        #expect(queue.retry(id(1), now: 10, atLeast: 30_000_000, jitter: 0) == 30_000_000)
        #expect(queue.nextDue == 30_000_010)
        let early = queue.next(now: 30_000_009)
        #expect(early == nil)
        #expect(!queue.hasWork(now: 30_000_009))
        #expect(queue.hasWork(now: 30_000_010))
        let due = queue.next(now: 30_000_010)
        #expect(due == id(1))
    }

    @Test func whatIsDueFirstComesFirst() {
        var queue = SendQueue()
        queue.retry(id(1), now: 0, atLeast: 9_000_000, jitter: 0)
        queue.retry(id(2), now: 0, atLeast: 3_000_000, jitter: 0)
        queue.retry(id(3), now: 0, atLeast: 6_000_000, jitter: 0)
        let taken = (0..<3).map { _ in queue.next(now: 10_000_000) }
        #expect(taken == [id(2), id(3), id(1)])
    }
}

@Suite struct WithdrawalTests {
    private func id(_ number: UInt8) -> SubmissionID {
        SubmissionID(at: WallTime(microseconds: 0), random: [UInt8](repeating: number, count: 10))
    }

    @Test func whatIsTakenBackDoesNotComeAnyMoreWhetherItWasReadyOrWaited() {
        var queue = SendQueue()
        for number in 0..<4 { queue.add(id(UInt8(number))) }
        queue.retry(id(9), now: 0, jitter: 0.5)
        let taken = queue.next(now: 0)
        #expect(taken == id(0))
        let removals = [0, 2, 9, 9, 7].map { queue.remove(id($0)) }
        #expect(removals == [false, true, true, false, false])
        let rest = (0..<3).map { _ in queue.next(now: .max / 2) }
        #expect(rest == [id(1), id(3), nil])
        #expect(queue.count == 0)
    }
}
