import Posix
import Testing

@testable import EventStream

@Suite struct ConsumerValueTests {
    private let begin = ContinuousClock.now
    private let day = WallTime(microseconds: 1)

    private func consumer(_ change: (inout ConsumerSettings) -> Void = { _ in }) -> Consumer {
        var settings = ConsumerSettings()
        settings.maxDeliveries = 3
        settings.maxInFlight = 4
        change(&settings)
        var consumer = Consumer(name: "c", settings: settings, after: 0)
        _ = consumer.join(1)
        return consumer
    }

    private func take(_ ids: ClosedRange<UInt64>, _ consumer: inout Consumer) -> [Consumer.Delivery] {
        ids.compactMap { consumer.takesNew ? consumer.take($0, now: begin, time: day) : nil }
    }

    @Test func noMoreAreOutThanWereAskedFor() {
        var consumer = consumer()
        let taken1 = take(1...9, &consumer)
        #expect(taken1.map(\.id) == [1, 2, 3, 4])
        #expect(!consumer.takesNew)
        let said2 = consumer.acknowledge(2)
        #expect(said2 == .taken)
        #expect(consumer.takesNew)
        #expect(consumer.cursor == 0)
        let said3 = consumer.acknowledge(1)
        #expect(said3 == .taken)
        #expect(consumer.cursor == 2)
    }

    @Test func whereItIsWithEachEventIsKnown() {
        var consumer = consumer { $0.maxDeliveries = 1 }
        _ = take(1...4, &consumer)
        _ = consumer.acknowledge(2)
        _ = consumer.terminate(3, reason: "never", time: day)
        #expect(consumer.whereabouts(of: 1) == .delivered(1))
        #expect(consumer.whereabouts(of: 2) == .behind)
        let parked = ParkedEvent(id: 3, deliveries: 1, reason: "never", time: day)
        #expect(consumer.whereabouts(of: 3) == .parked(parked))
        #expect(consumer.whereabouts(of: 5) == .unread)
        consumer.leave(1)
        #expect(consumer.whereabouts(of: 4) == .waiting(1))
    }

    @Test func whatWasFinishedIsToldOnce() {
        var each = consumer()
        _ = take(1...4, &each)
        for id: UInt64 in [3, 1, 3] { _ = each.acknowledge(id) }
        let finished = each.takeFinished()
        #expect(finished == [3, 1])
        let again = each.takeFinished()
        #expect(again == [])
        // What is set aside is not finished, unless it is acknowledged after all.
        _ = each.terminate(2, reason: "never", time: day)
        _ = each.acknowledge(2)
        _ = each.terminate(4, reason: "never", time: day)
        _ = each.drop(4)
        let late = each.takeFinished()
        #expect(late == [2])
        var upto = consumer { $0.ack = .upto }
        _ = take(1...4, &upto)
        _ = upto.acknowledge(3)
        let covered = upto.takeFinished()
        #expect(covered == [1, 2, 3])
        var none = consumer { $0.ack = .none }
        _ = take(1...2, &none)
        none.handedOver()
        let handed = none.takeFinished()
        #expect(handed == [1, 2])
    }

    @Test func anAcknowledgementOfSomethingNeverDeliveredIsRefusedAndOneGivenTwiceIsNot() {
        var consumer = consumer()
        _ = take(1...2, &consumer)
        let said4 = consumer.acknowledge(3)
        #expect(said4 == .notDelivered)
        let said5 = consumer.acknowledge(2)
        #expect(said5 == .taken)
        let said6 = consumer.acknowledge(2)
        #expect(said6 == .taken)
    }

    @Test func whatIsOutTooLongIsDeliveredAgainUntilItIsParked() {
        var consumer = consumer()
        _ = take(1...1, &consumer)
        var now = begin
        for number in 2...3 {
            now += consumer.settings.ackWait
            #expect(consumer.due == now)
            let said7 = consumer.advance(now: now)
            #expect(said7.isEmpty)
            let said8 = consumer.redelivery(now: now, time: day)
            #expect(said8?.number == number)
        }
        now += consumer.settings.ackWait
        _ = consumer.advance(now: now)
        let said9 = consumer.redelivery(now: now, time: day)
        #expect(said9 == nil)
        #expect(consumer.parked.map(\.id) == [1])
        #expect(consumer.parked.map(\.deliveries) == [3])
        #expect(consumer.cursor == 1)
        // A parked event blocks nobody.
        let taken10 = take(2...2, &consumer)
        #expect(taken10.map(\.id) == [2])
    }

    @Test func aRefusedEventComesAgainAfterItsDelayAndNotBefore() {
        var consumer = consumer()
        _ = take(1...1, &consumer)
        let said11 = consumer.refuse(1, delay: .seconds(5), now: begin, time: day)
        #expect(said11 == .taken)
        #expect(consumer.inFlight == 0)
        #expect(consumer.waiting == 1)
        _ = consumer.advance(now: begin + .seconds(4))
        let said12 = consumer.redelivery(now: begin + .seconds(4), time: day)
        #expect(said12 == nil)
        _ = consumer.advance(now: begin + .seconds(5))
        let said13 = consumer.redelivery(now: begin + .seconds(5), time: day)
        #expect(said13?.number == 2)
    }

    @Test func whoIsStillAtItKeepsTheEvent() {
        var consumer = consumer()
        _ = take(1...1, &consumer)
        let said14 = consumer.extend(1, now: begin + .seconds(20))
        #expect(said14 == .taken)
        _ = consumer.advance(now: begin + .seconds(49))
        #expect(consumer.inFlight == 1)
        _ = consumer.advance(now: begin + .seconds(50))
        #expect(consumer.inFlight == 0)
    }

    @Test func anEventThatCanNeverBeFinishedIsParkedWithItsReasonAndCanBeTriedAgainOrDropped() {
        var consumer = consumer()
        _ = take(1...2, &consumer)
        let said15 = consumer.terminate(1, reason: "no such codec", time: day)
        #expect(said15 == .taken)
        let said16 = consumer.terminate(2, reason: "", time: day)
        #expect(said16 == .taken)
        #expect(consumer.parked.map(\.reason) == ["no such codec", ""])
        let said17 = consumer.retry(1)
        #expect(said17)
        let said18 = consumer.retry(1)
        #expect(!said18)
        let said19 = consumer.redelivery(now: begin, time: day)
        #expect(said19?.number == 1)
        let said20 = consumer.drop(2)
        #expect(said20)
        let said21 = consumer.drop(2)
        #expect(!said21)
        #expect(consumer.parked.isEmpty)
    }

    @Test func membersOfAGroupShareTheEventsAndOneThatGoesGivesItsOwnBack() {
        var consumer = consumer { $0.isGroup = true }
        let said22 = consumer.join(2)
        #expect(said22)
        let taken23 = take(1...4, &consumer)
        #expect(taken23.map(\.member) == [1, 2, 1, 2])
        consumer.leave(1)
        #expect(consumer.inFlight == 2)
        let said24 = consumer.redelivery(now: begin, time: day)
        #expect(said24 == Consumer.Delivery(id: 1, member: 2, number: 2))
        let said25 = consumer.redelivery(now: begin, time: day)
        #expect(said25 == Consumer.Delivery(id: 3, member: 2, number: 2))
    }

    @Test func aSecondMemberIsRefusedWhereNothingIsShared() {
        var consumer = consumer()
        let said26 = consumer.join(2)
        #expect(!said26)
        consumer.leave(1)
        let said27 = consumer.join(2)
        #expect(said27)
    }

    @Test func withUpToOneAcknowledgementCoversAllBeforeItAndWhatComesAgainComesFirst() {
        var consumer = consumer { $0.ack = .upto }
        _ = take(1...4, &consumer)
        let said28 = consumer.acknowledge(2)
        #expect(said28 == .taken)
        #expect(consumer.cursor == 2)
        consumer.leave(1)
        _ = consumer.join(2)
        #expect(!consumer.takesNew)
        let said29 = consumer.redelivery(now: begin, time: day)
        #expect(said29?.id == 3)
        let said30 = consumer.redelivery(now: begin, time: day)
        #expect(said30?.id == 4)
        let taken31 = take(5...5, &consumer)
        #expect(taken31.map(\.id) == [5])
    }

    @Test func withUpToWhoeverIsSilentTooLongIsSentAway() {
        var consumer = consumer { $0.ack = .upto }
        _ = take(1...2, &consumer)
        let said32 = consumer.advance(now: begin + consumer.settings.ackWait)
        #expect(said32 == [1])
    }

    @Test func aConnectionThatTakesNothingGetsNothing() {
        var consumer = consumer { $0.isGroup = true }
        _ = consumer.join(2)
        consumer.setReady(false, 1)
        let taken33 = take(1...3, &consumer)
        #expect(taken33.map(\.member) == [2, 2, 2])
        consumer.setReady(false, 2)
        #expect(!consumer.takesNew)
    }

    @Test func aConsumerWithTooManyParkedEventsGetsNoNewOnes() {
        var consumer = consumer()
        for id in 1...UInt64(Consumer.parkedMax) {
            #expect(consumer.takesNew)
            _ = consumer.take(id, now: begin, time: day)
            _ = consumer.terminate(id, reason: "", time: day)
        }
        #expect(!consumer.takesNew)
        let said34 = consumer.drop(1)
        #expect(said34)
        #expect(consumer.takesNew)
    }

    @Test func afterACrashWhatMayHaveBeenDeliveredCountsAsDelivered() {
        var consumer = consumer { $0.maxDeliveries = 1 }
        _ = take(1...1, &consumer)
        let saved = consumer.snapshot
        #expect(saved.reserved == 1 + Consumer.reservedStep)
        _ = take(2...3, &consumer)
        // The process dies here: nobody knows of 2 and 3 but the one who got them.
        var next = Consumer(saved)
        _ = next.join(1)
        let said35 = next.redelivery(now: begin, time: day)
        #expect(said35 == nil)
        let taken36 = take(2...3, &next)
        #expect(taken36.isEmpty)
        #expect(next.parked.map(\.id) == [1, 2, 3])
        var clean = Consumer(consumer.cleanSnapshot)
        _ = clean.join(1)
        let taken37 = take(4...4, &clean)
        #expect(taken37.map(\.number) == [1])
    }

    @Test func whatIsSuspectStaysSoAcrossAnOrderlyStop() {
        var consumer = consumer()
        _ = take(1...1, &consumer)
        let saved = consumer.snapshot
        _ = take(2...3, &consumer)
        // A crash; then a life that stops in order before it has read 2 and 3 again.
        let between = Consumer(saved).cleanSnapshot
        var next = Consumer(between)
        _ = next.join(1)
        let again = take(2...2, &next)
        #expect(again.map(\.number) == [2])
    }

    @Test(arguments: [(UInt64(2), 1, false), (3, 1, true), (2, 2, true)])
    func aDeliveryThatTheDiskDoesNotCoverIsCountedThereFirst(_ id: UInt64, _ number: Int, _ isFirst: Bool) {
        let delivery = Consumer.Delivery(id: id, member: 1, number: number)
        #expect(consumer().isCountedFirst(delivery, savedReserved: 2) == isFirst)
        #expect(!consumer { $0.ack = .none }.isCountedFirst(delivery, savedReserved: 2))
    }

    @Test func whatNobodyAcknowledgesIsDoneOnceItHasLeftTheService() {
        var consumer = consumer { $0.ack = .none }
        _ = take(1...3, &consumer)
        #expect(consumer.cursor == 0)
        for _ in 0..<5 {
            // It dies with events in its buffers, more often than anything is delivered with acknowledgements.
            consumer = Consumer(consumer.snapshot)
            _ = consumer.join(1)
            let again = (1...3).map { _ in consumer.redelivery(now: begin, time: day)?.id }
            #expect(again == [1, 2, 3])
        }
        #expect(consumer.due == nil)
        consumer.handedOver()
        #expect(consumer.cursor == 3)
        #expect(consumer.parked.isEmpty)
        consumer.leave(1)
        _ = consumer.join(2)
        let nothing = consumer.redelivery(now: begin, time: day)
        #expect(nothing == nil)
    }

    @Test func anAcknowledgementThatComesLateFinishesAParkedEvent() {
        var consumer = consumer { $0.maxDeliveries = 1 }
        _ = take(1...2, &consumer)
        _ = consumer.advance(now: begin + consumer.settings.ackWait)
        let nothing = consumer.redelivery(now: begin, time: day)
        #expect(nothing == nil)
        #expect(consumer.parked.map(\.id) == [1, 2])
        let version = consumer.version
        let said = consumer.acknowledge(2)
        #expect(said == .taken)
        #expect(consumer.parked.map(\.id) == [1])
        #expect(consumer.version > version)
    }

    @Test func aFileSaysEverythingAboutAConsumerAndNothingElseIsOne() throws {
        var consumer = consumer {
            $0.filter.types = [Glob("fal.request.*")!]
            $0.filter.endpoint = Glob("xai/*")
            $0.filter.status = .failed
            $0.filter.tag = "\"x\u{e9}"
            $0.ackWait = .milliseconds(1_500)
            $0.holds = true
        }
        _ = take(1...4, &consumer)
        _ = consumer.terminate(2, reason: "a\nb", time: day)
        let bytes = try ConsumerFile.encode(consumer.snapshot, source: "urn:a")
        #expect(try ConsumerFile.decode(bytes, source: "urn:a") == consumer.snapshot)
        #expect(throws: ConsumerFile.Problem.otherJournal) { try ConsumerFile.decode(bytes, source: "urn:b") }
        #expect(throws: ConsumerFile.Problem.malformed) { try ConsumerFile.decode(bytes.dropLast(3), source: "urn:a") }
        let later = String(decoding: bytes, as: UTF8.self).replacing(#""version":1"#, with: #""version":2"#)
        #expect(throws: ConsumerFile.Problem.laterVersion) {
            try ConsumerFile.decode(Array(later.utf8), source: "urn:a")
        }
    }

    @Test(arguments: [
        ("a", true), (String(repeating: "n", count: 64), true), (String(repeating: "n", count: 65), false),
    ])
    func namesHaveALimit(_ text: String, _ isName: Bool) {
        #expect((ConsumerName(text) != nil) == isName)
    }

    @Test(arguments: ["", ".hidden", "a/b", "a b", "é", "..", "a\n"])
    func namesAreSafeAsFileNames(_ text: String) {
        #expect(ConsumerName(text) == nil)
    }
}
