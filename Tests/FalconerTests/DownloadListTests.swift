import Testing

@testable import Falconer

@Suite struct DownloadListTests {
    private static func job(_ outcome: UInt64, _ url: String = "u") -> DownloadList.Job {
        DownloadList.Job(
            outcome: outcome,
            index: 0,
            file: MediaFile(url: url),
            directory: "/d",
            path: "p",
            origin: DownloadList.Origin(requestID: "r\(outcome)")
        )
    }

    @Test func theCursorStaysBeforeTheFirstResultWhoseFilesAreNotAllSettled() {
        var list = DownloadList(cursor: 3)
        #expect(list.cursor == 3)
        list.noteRead(9)
        #expect(list.cursor == 9)
        for job in [Self.job(10, "a"), Self.job(10, "b"), Self.job(12)] { list.add(job, expires: 100, now: 0) }
        list.noteRead(15)
        #expect(list.cursor == 9)
        list.finish(Self.job(12))
        list.finish(Self.job(10, "b"))
        #expect(list.cursor == 9)
        list.finish(Self.job(10, "a"))
        #expect(list.cursor == 15)
    }

    @Test func whatTheJournalSaysIsSavedIsNotFetched() {
        var list = DownloadList(cursor: 0)
        list.add(Self.job(1, "a"), expires: 100, now: 0)
        list.add(Self.job(1, "b"), expires: 100, now: 0)
        list.settle(requestID: "r1", url: "a")
        let next = list.next(now: 0)
        #expect(next?.job.file.url == "b")
        let none = list.next(now: 0)
        #expect(none == nil)
        // The event of what this very service has just saved is read while nobody has said so yet.
        list.settle(requestID: "r1", url: "b")
        #expect(list.count == 1)
        list.finish(Self.job(1, "b"))
        #expect(list.count == 0)
    }

    @Test func whatPassesIsTriedAgainEverLaterUntilTheFileHasExpired() {
        var list = DownloadList(cursor: 0)
        let failure = DownloadFailure(.network, "down", .good)
        list.add(Self.job(1), expires: 1_000_000_000_000, now: 0)
        var delays: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<12 {
            let next = list.next(now: now)
            #expect(next != nil)
            let early = list.next(now: now)
            #expect(early == nil)
            let delay = list.fail(Self.job(1), failure, now: now, jitter: 1)
            delays.append((delay ?? -1) / 1_000_000)
            now = list.nextDue ?? now
        }
        #expect(delays == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600])
        let asked = DownloadFailure(.badAnswer, "503", .good, retryAfter: 3_000_000_000)
        let longer = list.fail(Self.job(1), asked, now: now, jitter: 1)
        #expect(longer == 3_000_000_000)
        let last = list.fail(Self.job(1), failure, now: 1_000_000_000_000, jitter: 1)
        #expect(last == nil)
    }

    @Test func whatDoesNotPassEndsAtOnceAndWhatMayNotAfterAFewAttempts() {
        var list = DownloadList(cursor: 0)
        list.add(Self.job(1), expires: 1_000, now: 0)
        let refused = list.fail(Self.job(1), DownloadFailure(.redirect, "no"), now: 0, jitter: 0)
        #expect(refused == nil)
        list.add(Self.job(2), expires: 1_000, now: 0)
        let delays = (0..<DownloadList.doubtsMax).map { _ in
            list.fail(Self.job(2), DownloadFailure(.gone, "404", .little), now: 0, jitter: 0) != nil
        }
        #expect(delays == [true, true, true, true, false])
    }

    @Test func whatTheJournalDoesNotTakeIsOnlyRecordedAgain() {
        var list = DownloadList(cursor: 0)
        list.add(Self.job(1), expires: 1_000, now: 0)
        _ = list.next(now: 0)
        let saved = DownloadList.Result.saved(SavedFile(path: "/d/p", bytes: 1, sha256: "00"))
        list.keep(saved, of: Self.job(1), now: 0, jitter: 0)
        let next = list.next(now: list.nextDue ?? 0)
        #expect(next?.result == saved)
    }
}
