import Testing

@testable import EventStream

@Suite struct SubscriptionPlanTests {
    private let bounds = EventLogBounds(first: 10, last: 20)

    private func plan(_ line: String) throws -> SubscriptionPlan {
        guard case .subscribe(let request) = try ClientLine(data(line), operations: []) else {
            throw Refusal(.badJSON, "test")
        }
        return try SubscriptionPlan(request, source: "urn:uuid:1", bounds: bounds)
    }

    @Test(
        arguments: [
            (#""after":"8""#, 9), (#""after":"9""#, 9), (#""after":"20""#, 20), (#""from":"first""#, 9),
            (#""from":"new""#, 20),
        ] as [(String, UInt64)]
    )
    func thePlanBeginsBehindAnEventThatIsKept(_ option: String, _ id: UInt64) throws {
        #expect(try plan(#"{"op":"subscribe",\#(option)}"#).start == .after(id))
    }

    @Test func aGapIsToldOfWhenAnEventIsMissingAndOnlyThen() throws {
        #expect(try plan(#"{"op":"subscribe","after":"9"}"#).gap == nil)
        let gap = try #require(try plan(#"{"op":"subscribe","after":"8"}"#).gap)
        #expect(try StreamLine(Array(gap.dropLast())) == .gap(from: 9, to: 9))
    }

    @Test func aPositionPastTheEndOrOfAnotherJournalIsRefused() {
        #expect { try plan(#"{"op":"subscribe","after":"21"}"#) } throws: { ($0 as? Refusal)?.code == .cursorAhead }
        #expect { try plan(#"{"op":"subscribe","source":"urn:uuid:2"}"#) } throws: {
            ($0 as? Refusal)?.code == .otherJournal
        }
        #expect(throws: Never.self) { try plan(#"{"op":"subscribe","source":"urn:uuid:1","after":"20"}"#) }
    }

    @Test(arguments: [1, EventFilter.typesMax, EventFilter.typesMax + 1])
    func theNumberOfTypesIsBounded(_ count: Int) {
        let types = [String](repeating: #""a""#, count: count).joined(separator: ",")
        let isTaken = (try? plan(#"{"op":"subscribe","types":[\#(types)]}"#)) != nil
        #expect(isTaken == (count <= EventFilter.typesMax))
    }

    @Test(arguments: [ClientLine.referenceBytesMax, ClientLine.referenceBytesMax + 1])
    func theLengthOfAReferenceIsBounded(_ bytes: Int) {
        let reference = String(repeating: "r", count: bytes - 2)
        let isTaken = (try? plan(#"{"op":"subscribe","ref":"\#(reference)"}"#)) != nil
        #expect(isTaken == (bytes <= ClientLine.referenceBytesMax))
    }
}
