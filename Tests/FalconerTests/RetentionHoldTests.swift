import Journal
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Falconer

@Suite struct RetentionHoldTests {
    private func id(_ number: UInt8) -> SubmissionID {
        SubmissionID(at: WallTime(microseconds: 1), random: [UInt8](repeating: number, count: 10))
    }

    private func fact(_ sequence: UInt64, _ type: EventType, _ number: UInt8) -> EventSummary {
        EventSummary(
            id: sequence,
            type: type,
            time: WallTime(microseconds: 1),
            request: nil,
            submission: id(number).key,
            fingerprint: 0
        )
    }

    @Test func theOldestOpenSubmissionHoldsEverythingSinceItBegan() {
        var book = SubmissionBook()
        #expect(book.holds == [])
        book.apply(fact(5, .submissionCreated, 1))
        book.apply(fact(7, .submissionCreated, 2))
        #expect(book.holds == [RetentionHold(holder: "open submissions", cursor: 4, refusal: .beginnings)])
        book.apply(fact(8, .submissionUncertain, 1))
        #expect(book.holds.map(\.cursor) == [4])
        book.apply(fact(9, .requestSucceeded, 1))
        #expect(book.holds.map(\.cursor) == [6])
        book.apply(fact(10, .submissionRefused, 2))
        #expect(book.holds == [])
    }

    @Test func aPreviewCountsWhatTheServiceStillNeedsAndChangesNothing() throws {
        let directory = TemporaryDirectory()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var options = JournalOptions(newSource: "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001")
        options.segmentBytesMax = 1
        let journal = try Journal.open(directory: directory.file("journal"), options: options, logger: logger)
        for number in 1...6 {
            let data = EventData(Array("{}".utf8))
            var draft = EventDraft(
                type: number == 4 ? .submissionCreated : .requestSucceeded,
                time: .now,
                data: data
            )
            draft.subject = "r-\(number)"
            if number == 4 { draft.submission = id(1).text }
            _ = try journal.appendAndWait(draft)
        }
        // Beside the service that has it open.
        let preview = try #require(
            try RetentionPreview.of(data: directory.path, limits: RetentionLimits(bytesMax: 0), logger: logger)
        )
        #expect(preview.segments.count == 6)
        #expect(preview.decision.departures.map(\.segment.ids) == [1...1, 2...2, 3...3])
        #expect(preview.decision.held?.holds.map(\.holder) == ["open submissions"])
        #expect(journal.durable == (1, 6))
        journal.close()
        #expect(
            try RetentionPreview.of(data: directory.file("none"), limits: RetentionLimits(bytesMax: 0), logger: logger)
                == nil
        )
    }
}
