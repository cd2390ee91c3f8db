import Journal
import Posix
import Testing

@testable import Falconer

@Suite struct SubmissionBookTests {
    private let id = SubmissionID(at: WallTime(microseconds: 1), random: [UInt8](repeating: 1, count: 10))

    private func fact(
        _ sequence: UInt64,
        _ type: EventType,
        requestID: String? = nil,
        of id: SubmissionID? = nil
    ) -> EventSummary {
        EventSummary(
            id: sequence,
            type: type,
            time: WallTime(microseconds: Int64(sequence)),
            request: requestID.map { EventKey(hashing: $0) },
            submission: (id ?? self.id).key,
            fingerprint: 0
        )
    }

    private func book(_ facts: [EventSummary]) -> SubmissionBook {
        facts.reduce(into: SubmissionBook()) { $0.apply($1) }
    }

    @Test(arguments: [
        ([EventType.submissionCreated], SubmissionState.created),
        ([.submissionCreated, .submissionSending], .sending),
        ([.submissionCreated, .submissionSending, .submissionWaiting], .waiting),
        ([.submissionCreated, .submissionSending, .submissionWaiting, .submissionSending], .sending),
        ([.submissionCreated, .submissionSending, .submissionAccepted], .accepted),
        ([.submissionCreated, .submissionSending, .submissionRefused], .refused),
        ([.submissionCreated, .submissionSending, .submissionUncertain], .uncertain),
        ([.submissionCreated, .submissionSending, .submissionUncertain, .requestSucceeded], .succeeded),
        ([.submissionCreated, .submissionSending, .submissionAccepted, .requestSucceeded], .succeeded),
        ([.submissionCreated, .submissionSending, .submissionAccepted, .requestFailed], .failed),
        ([.submissionCreated, .submissionSending, .submissionAccepted, .submissionCancelled], .cancelled),
        ([.submissionCreated, .submissionSending, .submissionAccepted, .submissionLost], .lost),
        // The outcome overtakes fal's answer.
        ([.submissionCreated, .submissionSending, .requestSucceeded, .submissionAccepted], .succeeded),
        // What is final stays.
        ([.submissionCreated, .submissionSending, .requestFailed, .requestConflict], .failed),
        ([.submissionCreated, .submissionSending, .requestSucceeded, .requestFailed], .succeeded),
        ([.submissionCreated, .submissionSending, .submissionRefused, .submissionSending], .refused),
    ])
    func theStateIsTheFoldOfTheEvents(types: [EventType], expected: SubmissionState) {
        let facts = types.enumerated().map { fact(UInt64($0.offset) + 1, $0.element) }
        #expect(book(facts).entry(id)?.state == expected)
        #expect(book(facts).openEntries.map(\.id) == (expected.isOpen ? [id] : []))
    }

    @Test func theRequestIdOfALateAnswerIsStillLearned() {
        let book = book([
            fact(1, .submissionCreated), fact(2, .submissionSending), fact(3, .requestSucceeded, requestID: "r"),
            fact(4, .submissionAccepted, requestID: "r"),
        ])
        #expect(book.entry(request: EventKey(hashing: "r"))?.id == id)
        #expect(book.entry(id)?.lastSequence == 4)
        #expect(book.entry(id)?.outcomeSequence == 3)
        #expect(book.entry(id)?.sendCount == 1)
    }

    @Test func aRequestIdThatChangesIsFoundByTheNewOneOnly() {
        let book = book([
            fact(1, .submissionCreated), fact(2, .submissionAccepted, requestID: "r"),
            fact(3, .requestSucceeded, requestID: "s"),
        ])
        #expect(book.entry(request: EventKey(hashing: "r")) == nil)
        #expect(book.entry(request: EventKey(hashing: "s"))?.id == id)
    }

    @Test func anOutcomeWhoseBeginningIsGoneIsStillFound() {
        let book = book([fact(9, .requestFailed, requestID: "r")])
        #expect(book.entry(id)?.state == .failed)
        #expect(book.entry(id)?.createdSequence == 0)
        #expect(book.entry(request: EventKey(hashing: "r"))?.outcomeSequence == 9)
        #expect(book.openEntries.isEmpty)
    }

    @Test func eventsOfUnknownSubmissionsChangeNothing() {
        let book = book([fact(1, .submissionAccepted, requestID: "r")])
        #expect(book.count == 0)
        #expect(book.entry(request: EventKey(hashing: "r")) == nil)
    }

    @Test func recordsComeInTheOrderTheyWereCreated() {
        var book = SubmissionBook()
        var ids: [SubmissionID] = []
        for number in 0..<50 {
            let id = SubmissionID(
                at: WallTime(microseconds: 5),
                random: (0..<10).map { UInt8(($0 * 7 + number * 31) % 256) }
            )
            ids.append(id)
            book.apply(fact(UInt64(number) + 1, .submissionCreated, of: id))
        }
        #expect(book.entries.map(\.id) == ids)
        #expect(book.openEntries.map(\.id) == ids)
        #expect(book.countsByState == [.created: 50])
    }

    @Test func pagesGoFromTheNewestToTheOldestAndLeaveNothingOut() {
        // More than a block of them.
        let count = 2_500
        var book = SubmissionBook()
        var ids: [SubmissionID] = []
        for number in 0..<count {
            let id = SubmissionID(EventKey(high: UInt64(number), low: UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
            ids.append(id)
            book.apply(fact(UInt64(number) + 1, .submissionCreated, of: id))
        }
        var found: [SubmissionID] = []
        var place: Int?
        repeat {
            let page = book.page(before: place, limit: 300)
            found += page.entries.map(\.id)
            place = page.next
        } while place != nil
        #expect(found == ids.reversed())
        #expect(book.page(in: .failed, limit: 10).entries.isEmpty)
        #expect(ids.allSatisfy { book.entry($0)?.id == $0 })
    }

    @Test func aClosedSubmissionTakes64BytesAndItsPlaceInTheIndexes() {
        #expect(MemoryLayout<SubmissionEntry>.stride <= 64)
    }
}

@Suite struct SubmissionIDTests {
    @Test func hasTheFormOfAUUIDOfVersion7() {
        let id = SubmissionID(
            at: WallTime(microseconds: 1_763_821_020_123_456),
            random: [UInt8](repeating: 0xFF, count: 10)
        )
        #expect(id.text == "019aabec-e3db-7fff-bfff-ffffffffffff")
    }

    @Test func laterOnesSortBehindEarlierOnes() {
        let earlier = SubmissionID(at: WallTime(microseconds: 1_000_000), random: [UInt8](repeating: 0xFF, count: 10))
        let later = SubmissionID(at: WallTime(microseconds: 1_001_000), random: [UInt8](repeating: 0, count: 10))
        #expect(earlier.text < later.text)
    }

    @Test(arguments: [
        "", "019aabec-e15b-7fff-bfff-fffffffffff", "019aabece15b7fffbfffffffffffffff",
        "019aabec-e15b-7fff-bfff-fffffffffffg",
    ])
    func otherTextsAreNoIds(text: String) {
        #expect(SubmissionID(text) == nil)
    }

    @Test func upperCaseIsTheSameId() {
        #expect(SubmissionID("019AABEC-E3DB-7FFF-BFFF-FFFFFFFFFFFF")?.text == "019aabec-e3db-7fff-bfff-ffffffffffff")
    }
}
