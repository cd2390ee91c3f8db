import Crypto
import Journal
import Posix
import Testing

@testable import Falconer

@Suite struct ReceiptLedgerTests {
    private let time = WallTime(microseconds: 0)

    private func receipt(_ requestID: String, _ body: String) -> Receipt {
        let bytes = Array(body.utf8)
        return Receipt(requestID: requestID, bodyDigest: SHA256.digest(bytes.span))
    }

    private func event(
        _ requestID: String,
        _ body: String,
        _ id: UInt64,
        isConflict: Bool = false,
        at seconds: Int64 = 0
    ) -> EventSummary {
        EventSummary(
            id: id,
            type: isConflict ? .requestConflict : .requestSucceeded,
            time: WallTime(microseconds: seconds * 1_000_000),
            request: EventKey(hashing: requestID),
            submission: nil,
            fingerprint: receipt(requestID, body).fingerprint
        )
    }

    @Test func theFirstDeliveryIsStoredAndTheSecondIsADuplicateOfIt() {
        var ledger = ReceiptLedger<Int>()
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.settle(receipt("r", "a"), sequence: 7, isConflict: false, time: time) == [])
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .duplicate(sequence: 7))
    }

    @Test func aDuplicateOfOneStillBeingWrittenWaitsWithIt() {
        var ledger = ReceiptLedger<Int>()
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .wait)
        #expect(ledger.admit(receipt("r", "b"), waiter: 3) == .wait)
        #expect(ledger.settle(receipt("r", "a"), sequence: 7, isConflict: false, time: time) == [2, 3])
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .duplicate(sequence: 7))
        #expect(ledger.admit(receipt("r", "b"), waiter: 3) == .conflict)
    }

    @Test func afterAFailureTheNextOneIsStoredInItsPlace() {
        var ledger = ReceiptLedger<Int>()
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .wait)
        #expect(ledger.abandon(receipt("r", "a")) == [2])
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .outcome)
        #expect(ledger.settledCount == 0)
    }

    @Test func aSecondDifferentOutcomeIsAConflictOnce() {
        var ledger = ReceiptLedger<Int>()
        ledger.replay(event("r", "a", 1))
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .conflict)
        #expect(ledger.settle(receipt("r", "b"), sequence: 2, isConflict: true, time: time) == [])
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .duplicate(sequence: 2))
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
        #expect(ledger.settledCount == 2)
    }

    @Test func whatTheJournalHoldsIsKnownAfterARestart() {
        var ledger = ReceiptLedger<Int>()
        ledger.replay(event("r", "a", 1))
        ledger.replay(event("r", "b", 2, isConflict: true))
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .duplicate(sequence: 2))
        #expect(ledger.admit(receipt("s", "a"), waiter: 1) == .outcome)
    }

    // MARK: - The window

    private static let window = 24 * 3_600

    /// A ledger that got one delivery of `r` at 0 and then another one every minute until a time.
    private func ledger(minutelyUntil end: Int) -> ReceiptLedger<Int> {
        var ledger = ReceiptLedger<Int>()
        ledger.replay(event("r", "a", 1))
        for second in stride(from: 60, through: end, by: 60) {
            ledger.replay(event("r-\(second)", "a", UInt64(second), at: Int64(second)))
        }
        return ledger
    }

    @Test func aDeliveryIsRememberedForTheWindow() {
        var ledger = ledger(minutelyUntil: Self.window)
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
    }

    @Test func aDeliveryIsForgottenASliceBehindTheWindow() {
        // It goes with the newest delivery of its slice.
        var ledger = ledger(minutelyUntil: Self.window + Self.window / ReceiptTable.slicesPerWindow + 60)
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        let last = Self.window
        #expect(ledger.admit(receipt("r-\(last)", "a"), waiter: 1) == .duplicate(sequence: UInt64(last)))
    }

    @Test func aClockThatJumpsAheadCostsASliceOfTheWindowOnly() {
        var ledger = ledger(minutelyUntil: 3_600)
        ledger.replay(event("s", "a", 9_000, at: 10 * 365 * 86_400))
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
        #expect(ledger.settledCount == 62)
    }

    @Test func aClockThatIsSetBackKeepsNothingForEver() {
        var ledger = ReceiptLedger<Int>()
        ledger.replay(event("r", "a", 1, at: 10 * 365 * 86_400))
        for second in stride(from: 0, through: 2 * Self.window, by: 60) {
            ledger.replay(event("r-\(second)", "a", UInt64(second) + 2, at: Int64(second)))
        }
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.settledCount <= (Self.window + Self.window / ReceiptTable.slicesPerWindow) / 60 + 2)
    }

    @Test func aDeliveryOfTheWindowTakes64BytesAtMostWhileTheyGrowToAMillion() {
        var table = ReceiptTable(window: 86_400_000_000)
        var worst = 0.0
        for number in 1...1_000_000 as ClosedRange<UInt64> {
            let key = EventKey(high: number, low: number &* 0x9E37_79B9_7F4A_7C15)
            let summary = EventSummary(
                id: number,
                type: .requestSucceeded,
                time: time,
                request: key,
                submission: nil,
                fingerprint: number
            )
            guard let receipt = Receipt(summary) else { continue }
            table.add(receipt, sequence: number, isConflict: false, time: time)
            // Every place where something may have grown, once a single block does not count any more.
            if number >= 10_000, number % 64 < 2 { worst = max(worst, Double(table.byteCount) / Double(table.count)) }
        }
        #expect(table.count == 1_000_000)
        #expect(worst <= 64)
    }
}
