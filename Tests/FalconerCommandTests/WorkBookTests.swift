import Testing

@testable import FalconerCommand

/// What is worked on, and what the service is told of it.
@Suite struct WorkBookTests {
    private func book(_ concurrency: Int = 2, count: Int? = nil) -> WorkBook {
        WorkBook(concurrency: concurrency, backoff: .seconds(1), count: count)
    }

    @Test func asManyAreBegunAsMayRunAtOnceAndTheNextWhenOneHasEnded() {
        var book = book()
        var begun = book.delivered(1, number: 1)
        begun += book.delivered(2, number: 3)
        begun += book.delivered(3, number: 1)
        #expect(begun == [.begin(1, number: 1), .begin(2, number: 3)])
        let next = book.ended(1, .done)
        #expect(next == [.send(.ack(1)), .begin(3, number: 1)])
        #expect(book.running == [2, 3])
    }

    @Test func noMoreAreBegunThanAreWanted() {
        var book = book(8, count: 2)
        let begun = (1...5).flatMap { book.delivered($0, number: 1) }
        #expect(begun == [.begin(1, number: 1), .begin(2, number: 1)])
        let failed = book.ended(1, .failed("x"))
        #expect(failed == [.send(.nak(1, delay: .seconds(1), reason: "x")), .begin(3, number: 1)])
        let done = book.ended(2, .done) + book.ended(3, .done)
        #expect(done == [.send(.ack(2)), .send(.ack(3))])
        #expect(book.remaining == 0)
    }

    @Test(arguments: [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (60, 300), (Int.max, 300)])
    func theTimeBeforeTheNextTryDoublesUpToALimit(number: Int, seconds: Int) {
        var book = book()
        _ = book.delivered(1, number: number)
        let ended = book.ended(1, .failed("x"))
        #expect(ended == [.send(.nak(1, delay: .seconds(seconds), reason: "x"))])
    }

    @Test(arguments: [(nil, 10), (0, 1), (1, 1), (7, 7), (86_400, 86_400), (86_401, 86_400)])
    func laterIsTenTimesAsLongOrWhatWasAskedForWithinLimits(asked: Int?, seconds: Int) {
        var book = book()
        _ = book.delivered(1, number: 1)
        let ended = book.ended(1, .later(after: asked.map { .seconds($0) }, "x"))
        #expect(ended == [.send(.nak(1, delay: .seconds(seconds), reason: "x"))])
    }

    @Test func whatCanNeverBeDoneIsParkedAndWhatCouldNotBeBegunIsGivenBack() {
        var book = book()
        _ = book.delivered(1, number: 1)
        _ = book.delivered(2, number: 1)
        let refused = book.ended(1, .refused("gone"))
        #expect(refused == [.send(.term(1, reason: "gone"))])
        let impossible = book.ended(2, .impossible("no such file"))
        #expect(impossible == [])
    }

    @Test func whatIsDoneIsAcknowledgedAgainWhenItComesAgainButDoneAgainWhenSomebodyBeganAnew() {
        var book = book()
        _ = book.delivered(1, number: 1)
        _ = book.ended(1, .done)
        let again = book.delivered(1, number: 2)
        #expect(again == [.send(.ack(1))])
        let anew = book.delivered(1, number: 1)
        #expect(anew == [.begin(1, number: 1)])
    }

    @Test func whatWasDoneLongAgoIsForgotten() {
        var book = book()
        func finish(_ ids: ClosedRange<UInt64>) {
            for id in ids {
                _ = book.delivered(id, number: 1)
                _ = book.ended(id, .done)
            }
        }
        finish(1...UInt64(WorkBook.doneMin))
        let remembered = book.delivered(1, number: 2)
        #expect(remembered == [.send(.ack(1))])
        finish(UInt64(WorkBook.doneMin + 1)...UInt64(2 * WorkBook.doneMin))
        let forgotten = book.delivered(1, number: 2)
        #expect(forgotten == [.begin(1, number: 2)])
    }

    @Test func everythingThatIsHereIsReportedAsUnderWay() {
        var book = book(1)
        _ = book.delivered(2, number: 1)
        _ = book.delivered(1, number: 1)
        #expect(book.timePassed() == [.send(.progress(2)), .send(.progress(1))])
    }

    @Test func stoppedItBeginsNothing() {
        var book = book(1)
        _ = book.delivered(1, number: 1)
        _ = book.delivered(2, number: 1)
        book.stop()
        let ended = book.ended(1, .interrupted)
        #expect(ended == [.send(.nak(1, delay: .seconds(1), reason: "interrupted"))])
        let delivered = book.delivered(3, number: 1)
        #expect(delivered == [])
    }

    @Test func withTheConnectionGoesWhatHasNotBegunAndWhatRunsIsReportedOnTheNextOne() {
        var book = book(1)
        _ = book.delivered(1, number: 1)
        _ = book.delivered(2, number: 1)
        book.disconnected()
        let again = book.delivered(1, number: 2)
        #expect(again == [])
        let ended = book.ended(1, .done)
        #expect(ended == [.send(.ack(1))])
    }

    @Test func aReasonIsCutToWhatTheServiceTakes() {
        let line = WorkBook.Line.nak(7, delay: .milliseconds(1_500), reason: "a" + String(repeating: "é", count: 600))
        let text = String(decoding: line.bytes, as: UTF8.self)
        let reason = "a" + String(repeating: "é", count: 499)
        #expect(text == #"{"op":"nak","id":"7","delay_s":1.5,"reason":"\#(reason)"}"#)
    }
}
