import Testing

@testable import Falconer

@Suite struct SecondCountsTests {
    private let second: Int64 = 1_000_000

    @Test func aMinuteIsCountedAndNoMore() {
        var counts = SecondCounts()
        let begin = 1_000 * second
        for offset in [0, 0, 1, 30, 59] { counts.count(at: begin + Int64(offset) * second) }
        #expect(counts.sum(at: begin + 59 * second) == 5)
        #expect(counts.sum(at: begin + 60 * second) == 3)
        #expect(counts.sum(at: begin + 61 * second) == 2)
        #expect(counts.sum(at: begin + 118 * second) == 1)
        #expect(counts.sum(at: begin + 119 * second) == 0)
        #expect(SecondCounts().sum(at: begin) == 0)
    }

    @Test func whatWasCountedAMinuteAgoIsForgottenBeforeItsPlaceIsTaken() {
        var counts = SecondCounts()
        for _ in 0..<3 { counts.count(at: 0) }
        counts.count(at: 60 * second)
        #expect(counts.sum(at: 60 * second) == 1)
        counts.count(at: 1_000 * second)
        #expect(counts.sum(at: 1_000 * second) == 1)
        // A time that is behind counts as the newest.
        counts.count(at: 999 * second)
        #expect(counts.sum(at: 1_000 * second) == 2)
    }
}
