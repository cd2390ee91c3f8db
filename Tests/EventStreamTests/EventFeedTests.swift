import EventStream
import Posix
import Testing

/// Queries for events from elsewhere than the socket.
@Suite struct EventFeedTests {
    private func query(_ items: [(String, String)], lastID: String? = nil) throws -> EventQuery {
        try EventQuery(items.map { (name: $0.0, value: $0.1) }, lastID: lastID)
    }

    /// The ids of everything there is, and the gaps.
    private func drain(_ feed: inout EventFeed, limit: Int = 1_000) throws -> (
        ids: [UInt64], gaps: [ClosedRange<UInt64>]
    ) {
        var ids: [UInt64] = []
        var gaps: [ClosedRange<UInt64>] = []
        var scratch: [UInt8] = []
        while true {
            var lines: [UInt8] = []
            switch try feed.next(into: &lines, scratch: &scratch, limit: limit) {
            case .read: ids += lines.split(separator: 0x0A).compactMap { EventAttributes(line: Array($0))?.id }
            case .gap(let missing, _): gaps.append(missing)
            case .durableEnd, .ended: return (ids, gaps)
            }
        }
    }

    @Test func withoutAStartItIsTheFirstEventOrTheNextForOneThatFollows() throws {
        let log = MemoryLog(count: 5)
        var all = try EventFeed(try query([]), log: log)
        var new = try EventFeed(try query([("follow", "1")]), log: log)
        log.append(1)
        #expect(try drain(&all).ids == [1, 2, 3, 4, 5])
        #expect(try drain(&new).ids == [6])
        log.append(1)
        #expect(try drain(&all).ids == [])
        #expect(try drain(&new).ids == [7])
    }

    @Test func aCountEndsInTheMiddleOfWhatWasRead() throws {
        let log = MemoryLog(count: 9)
        var feed = try EventFeed(try query([("after", "2"), ("count", "3"), ("follow", "1")]), log: log)
        #expect(try drain(&feed).ids == [3, 4, 5])
        #expect(feed.position == 5)
    }

    @Test func whatIsNoLongerKeptIsAGapBeforeAndAfterTheStart() throws {
        let log = MemoryLog(count: 9)
        log.prune(3)
        var early = try EventFeed(try query([("after", "1")]), log: log)
        let late = try drain(&early)
        #expect(late.gaps == [2...3])
        #expect(late.ids == [4, 5, 6, 7, 8, 9])
        var waiting = try EventFeed(try query([("after", "4"), ("follow", "1")]), log: log)
        log.prune(3)
        let rest = try drain(&waiting)
        #expect(rest.gaps == [5...6])
        #expect(rest.ids == [7, 8, 9])
    }

    @Test func theLastIDThatWasSeenCountsMoreThanTheQuery() throws {
        var feed = try EventFeed(try query([("from", "first")], lastID: "3"), log: MemoryLog(count: 4))
        #expect(try drain(&feed).ids == [4])
    }

    @Test func typesAreAListOfAtMostSoMany() throws {
        _ = try query([("types", Array(repeating: "a", count: 64).joined(separator: ","))])
        #expect(throws: EventQueryRefusal.self) {
            try query([("types", Array(repeating: "a", count: 65).joined(separator: ","))])
        }
        var feed = try EventFeed(try query([("types", "fal.request.f*")]), log: MemoryLog(count: 25))
        #expect(try drain(&feed).ids == [10, 20])
    }

    @Test func aPositionBehindTheEndOrOfAnotherJournalIsRefused() throws {
        let log = MemoryLog(count: 4)
        _ = try EventFeed(try query([("after", "4"), ("source", log.source)]), log: log)
        let ahead = #expect(throws: EventQueryRefusal.self) { _ = try EventFeed(try query([("after", "5")]), log: log) }
        #expect(ahead?.code == "cursor_ahead")
        let other = #expect(throws: EventQueryRefusal.self) {
            _ = try EventFeed(try query([("after", "4"), ("source", "urn:uuid:0")]), log: log)
        }
        #expect(other?.code == "other_journal")
    }
}
