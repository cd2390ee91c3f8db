import Crypto
import Testing

@testable import Falconer

@Suite struct ReceiptLedgerTests {
    private func receipt(_ requestID: String, _ body: String) -> Receipt {
        let bytes = Array(body.utf8)
        return Receipt(requestID: requestID, bodyDigest: SHA256.digest(bytes.span))
    }

    @Test func theFirstDeliveryIsStoredAndTheSecondIsADuplicateOfIt() {
        var ledger = ReceiptLedger<Int>()
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.settle(receipt("r", "a"), sequence: 7) == [])
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .duplicate(sequence: 7))
    }

    @Test func aDuplicateOfOneStillBeingWrittenWaitsWithIt() {
        var ledger = ReceiptLedger<Int>()
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .outcome)
        #expect(ledger.admit(receipt("r", "a"), waiter: 2) == .wait)
        #expect(ledger.admit(receipt("r", "b"), waiter: 3) == .wait)
        #expect(ledger.settle(receipt("r", "a"), sequence: 7) == [2, 3])
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
        ledger.replay(receipt("r", "a"), sequence: 1, isConflict: false)
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .conflict)
        #expect(ledger.settle(receipt("r", "b"), sequence: 2) == [])
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .duplicate(sequence: 2))
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
        #expect(ledger.settledCount == 1)
    }

    @Test func whatTheJournalHoldsIsKnownAfterARestart() {
        var ledger = ReceiptLedger<Int>()
        ledger.replay(receipt("r", "a"), sequence: 1, isConflict: false)
        ledger.replay(receipt("r", "b"), sequence: 2, isConflict: true)
        #expect(ledger.admit(receipt("r", "a"), waiter: 1) == .duplicate(sequence: 1))
        #expect(ledger.admit(receipt("r", "b"), waiter: 1) == .duplicate(sequence: 2))
        #expect(ledger.admit(receipt("s", "a"), waiter: 1) == .outcome)
    }
}
