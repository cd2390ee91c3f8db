import Journal
import Posix
import Testing

@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000_000
    private static let now = WallTime(microseconds: 100 * day)

    /// Segments of ten events and 1,000 bytes each; each one's newest event is a day younger than the one's before.
    private func segments(_ count: Int) -> [RetentionSegment] {
        (0..<count).map { number in
            RetentionSegment(
                fileName: "\(number)",
                ids: UInt64(number * 10 + 1)...UInt64(number * 10 + 10),
                bytes: 1_000,
                newest: WallTime(microseconds: Self.now.microseconds - Int64(count - number) * Self.day)
            )
        }
    }

    private func decide(
        _ limits: RetentionLimits,
        segments count: Int = 5,
        activeBytes: Int = 500,
        holds: [RetentionHold] = []
    ) -> RetentionDecision {
        Retention(limits: limits)
            .decide(sealed: segments(count), activeBytes: activeBytes, holds: holds, now: Self.now)
    }

    private func gone(_ decision: RetentionDecision) -> [String] { decision.departures.map(\.segment.fileName) }

    @Test func withoutALimitNothingGoes() {
        let decision = decide(RetentionLimits())
        #expect(gone(decision) == [])
        #expect(decision.block == nil)
        #expect(decision.bytes == 5_500)
    }

    @Test(
        arguments: [
            (5_500, []), (5_499, ["0"]), (4_500, ["0"]), (4_499, ["0", "1"]), (0, ["0", "1", "2", "3", "4"]),
        ] as [(Int, [String])]
    )
    func bytesAboveTheLimitGoOldestFirstAndTheActiveSegmentStays(bytesMax: Int, expected: [String]) {
        let decision = decide(RetentionLimits(bytesMax: bytesMax))
        #expect(gone(decision) == expected)
        #expect(decision.departures.allSatisfy { $0.reason == .bytes })
        #expect(decision.bytes == 5_500 - expected.count * 1_000)
        // Nobody is to blame for the bytes of the segment that is written to.
        #expect(decision.block == nil)
    }

    @Test(arguments: [(5, 0, []), (5, -1, ["0"]), (4, 0, ["0"]), (4, -1, ["0", "1"])] as [(Int, Int, [String])])
    func aSegmentGoesOnceItsNewestEventIsOlderThanTheLimit(days: Int, microseconds: Int, expected: [String]) {
        let limit = Duration.seconds(days * 86_400) + .microseconds(microseconds)
        let decision = decide(RetentionLimits(ageMax: limit))
        #expect(gone(decision) == expected)
        #expect(decision.departures.allSatisfy { $0.reason == .age })
    }

    @Test(
        arguments: [(0, []), (9, []), (10, ["0"]), (19, ["0"]), (20, ["0", "1"]), (50, ["0", "1", "2"])]
            as [(UInt64, [String])]
    )
    func nothingGoesThatAHolderHasNotLeftBehind(cursor: UInt64, expected: [String]) {
        let hold = RetentionHold(holder: "consumer encoder", cursor: cursor)
        let decision = decide(RetentionLimits(bytesMax: 2_500), holds: [.init(holder: "other", cursor: 50), hold])
        #expect(gone(decision) == expected)
        #expect(decision.block?.holds == (cursor < 30 && cursor != 50 ? [hold] : nil))
        #expect(decision.block?.segment.ids.upperBound == (cursor < 30 ? UInt64(expected.count * 10 + 10) : nil))
    }

    @Test func aHoldBlocksOnlyWhileTheJournalIsAboveItsByteLimit() {
        let hold = RetentionHold(holder: "consumer encoder", cursor: 0)
        #expect(decide(RetentionLimits(bytesMax: 5_500), holds: [hold]).block == nil)
        #expect(decide(RetentionLimits(bytesMax: 5_499), holds: [hold]).block?.refusal == .everything)
        // Age alone makes nobody wait; that it is held is told.
        let aged = decide(RetentionLimits(ageMax: .seconds(86_400)), holds: [hold])
        #expect(aged.block == nil)
        #expect(aged.held?.holds == [hold])
        #expect(gone(aged) == [])
    }

    @Test func theHolderThatAsksForMostDecidesWhatIsRefused() {
        let own = RetentionHold(holder: "open submissions", cursor: 3, refusal: .beginnings)
        let consumer = RetentionHold(holder: "consumer encoder", cursor: 9)
        let limits = RetentionLimits(bytesMax: 1)
        #expect(decide(limits, holds: [own]).block?.refusal == .beginnings)
        #expect(decide(limits, holds: [own, consumer]).block?.refusal == .everything)
        #expect(decide(limits, holds: [own, consumer]).block?.holds == [own, consumer])
    }

    @Test func aSegmentIsAtMostAnEighthOfTheByteLimit() {
        #expect(RetentionLimits().segmentBytesMax(atMost: 64 << 20) == 64 << 20)
        #expect(RetentionLimits(bytesMax: 1 << 30).segmentBytesMax(atMost: 64 << 20) == 64 << 20)
        #expect(RetentionLimits(bytesMax: 512 << 20).segmentBytesMax(atMost: 64 << 20) == 64 << 20)
        #expect(RetentionLimits(bytesMax: (512 << 20) - 8).segmentBytesMax(atMost: 64 << 20) == (64 << 20) - 1)
        #expect(RetentionLimits(bytesMax: 1 << 20).segmentBytesMax(atMost: 64 << 20) == 128 << 10)
    }
}
