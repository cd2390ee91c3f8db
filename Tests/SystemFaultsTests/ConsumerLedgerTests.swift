import Testing

@testable import falconer_faults

/// The ledger of a consumer sees each way in which the stream can break its word, and nothing in one that keeps it.
@Suite struct ConsumerLedgerTests {
    /// A consumer that was given those events on one connection and has finished them.
    private func ledger(
        _ mode: ConsumerLedger.Mode,
        _ ids: [UInt64],
        deliveriesMax: Int = 3,
        acknowledges: Bool = true
    ) -> ConsumerLedger {
        var ledger = ConsumerLedger("c", mode, deliveriesMax: deliveriesMax)
        ledger.began(1)
        for id in ids {
            ledger.given(id, number: mode == .each ? 1 : nil, on: 1)
            if acknowledges { ledger.acknowledges(id) }
        }
        return ledger
    }

    private func violations(_ ledger: ConsumerLedger, last: UInt64, parked: Set<UInt64> = []) -> [String] {
        var ledger = ledger
        ledger.finish(last: last, parked: parked)
        return ledger.violations
    }

    @Test(arguments: ConsumerLedger.Mode.allCases)
    func aConsumerThatWasGivenEverythingHasNoViolation(_ mode: ConsumerLedger.Mode) {
        #expect(violations(ledger(mode, [1, 2, 3]), last: 3) == [])
    }

    @Test(arguments: ConsumerLedger.Mode.allCases)
    func anEventThatNeverCameIsSeen(_ mode: ConsumerLedger.Mode) {
        #expect(!violations(ledger(mode, [1, 3]), last: 3).isEmpty)
        #expect(!violations(ledger(mode, [1, 2]), last: 3).isEmpty)
    }

    @Test func aParkedEventNeedNotHaveCome() {
        #expect(violations(ledger(.each, [1, 3]), last: 3, parked: [2]) == [])
        #expect(violations(ledger(.upto, [1, 3]), last: 3, parked: [2]) == [])
        #expect(violations(ledger(.each, [1, 2]), last: 3, parked: [3]) == [])
        #expect(!violations(ledger(.each, [1, 2, 4]), last: 3).isEmpty)
    }

    @Test(arguments: [ConsumerLedger.Mode.plain, .none, .upto])
    func anEventOutOfOrderIsSeen(_ mode: ConsumerLedger.Mode) {
        #expect(!violations(ledger(mode, [1, 2, 2, 3]), last: 3).isEmpty)
    }

    @Test func aConnectionThatBeginsTooLateIsSeenAndOneThatRepeatsIsNot() {
        for (first, isRight) in [(UInt64(2), true), (3, true), (4, false)] {
            var ledger = ledger(.none, [1, 2])
            ledger.began(2)
            for id in first...5 { ledger.given(id, on: 2) }
            #expect(violations(ledger, last: 5).isEmpty == isRight)
        }
    }

    @Test func aReaderWithItsOwnCursorMustNotBeGivenAnythingTwice() {
        var ledger = ledger(.plain, [1, 2])
        ledger.began(2)
        ledger.given(2, on: 2)
        ledger.given(3, on: 2)
        #expect(!violations(ledger, last: 3).isEmpty)
    }

    @Test(arguments: [ConsumerLedger.Mode.upto, .each])
    func whatComesAgainAfterADurableAcknowledgementIsSeen(_ mode: ConsumerLedger.Mode) {
        var ledger = ledger(mode, [1, 2])
        ledger.settled(2, on: 1)
        ledger.began(2)
        ledger.given(2, number: mode == .each ? 2 : nil, on: 2)
        #expect(!violations(ledger, last: 2).isEmpty)
    }

    @Test func whatWasOnItsWayToAnotherMemberMayStillArriveAndOnTheSameConnectionMustNot() {
        var ledger = ledger(.each, [1])
        ledger.began(2)
        ledger.settled(1, on: 1)
        var other = ledger
        other.given(1, number: 2, on: 2)
        #expect(violations(other, last: 1) == [])
        ledger.given(1, number: 2, on: 1)
        #expect(!violations(ledger, last: 1).isEmpty)
    }

    @Test func oneDeliveryTooManyOrTheSameOneTwiceIsSeen() {
        for (number, isRight) in [(3, true), (4, false), (1, false)] {
            var ledger = ledger(.each, [1])
            ledger.began(2)
            ledger.given(1, number: number, on: 2)
            #expect(violations(ledger, last: 1).isEmpty == isRight)
        }
    }

    @Test func whatIsNeitherFinishedNorParkedIsSeen() {
        let open = ledger(.each, [1], acknowledges: false)
        #expect(!violations(open, last: 1).isEmpty)
        #expect(violations(open, last: 1, parked: [1]) == [])
    }

    @Test func aParkedEventMustNotHaveBeenFinishedForGood() {
        var ledger = ledger(.each, [1])
        ledger.settled(1, on: 1)
        #expect(!violations(ledger, last: 1, parked: [1]).isEmpty)
    }
}
