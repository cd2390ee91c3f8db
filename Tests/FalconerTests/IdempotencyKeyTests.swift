import FalQueue
import Testing

@testable import Falconer

@Suite struct IdempotencyKeyTests {
    @Test func aKeyHasOneToTwoHundredAndFiftySixBytes() {
        #expect(IdempotencyKey("") == nil)
        #expect(IdempotencyKey("k") != nil)
        #expect(IdempotencyKey(String(repeating: "k", count: IdempotencyKey.bytesMax)) != nil)
        #expect(IdempotencyKey(String(repeating: "k", count: IdempotencyKey.bytesMax + 1)) == nil)
        // Bytes, not characters.
        #expect(IdempotencyKey(String(repeating: "ü", count: IdempotencyKey.bytesMax / 2 + 1)) == nil)
    }

    @Test func equalLinesOfABatchHaveKeysOfTheirOwnAndTheNameOfABatchHasALimit() throws {
        let endpoint = try EndpointID.parse("a/b")
        func key(_ input: String, _ occurrence: Int, _ name: String) -> IdempotencyKey? {
            IdempotencyKey.line(to: endpoint, input: Array(input.utf8), occurrence: occurrence, of: name)
        }
        #expect(key(#"{"p":1}"#, 1, "") == key(#"{ "p": 1 }"#, 1, ""))
        let keys = Set([key("{}", 1, ""), key("{}", 2, ""), key("{}", 1, "n"), key(#"{"p":1}"#, 1, "")])
        #expect(keys.count == 4)
        #expect(!keys.contains(nil))
        // The longest name leaves room for all else in a key.
        #expect(key("{}", .max, String(repeating: "n", count: IdempotencyKey.batchNameBytesMax)) != nil)
        #expect(key("{}", 1, String(repeating: "n", count: IdempotencyKey.batchNameBytesMax + 1)) == nil)
    }

    @Test func theIdIsAUUIDOfVersion8WithoutATimeAndTheSameEachTime() throws {
        let id = try #require(IdempotencyKey("order-4711")?.submission)
        #expect(id == IdempotencyKey("order-4711")?.submission)
        #expect(id != IdempotencyKey("order-4712")?.submission)
        let text = Array(id.text)
        #expect(text[14] == "8")
        #expect("89ab".contains(text[19]))
        #expect(id.time == nil)
        // Journals hold it: it must never change. (printf 'falconer idempotency key\norder-4711' | sha256sum)
        #expect(id.text == "aa14e772-ce47-85d5-89ea-e81628f05d89")
    }

    @Test func contentIsTheEndpointAndTheInputWithoutWhiteSpaceAndOrder() {
        func content(_ endpoint: String, _ input: String) -> SubmissionContent {
            SubmissionContent(endpoint: endpoint, input: Array(input.utf8))
        }
        let content1 = content("a/b", #"{"prompt":"x","seed":1}"#)
        #expect(content1 == content("a/b", #"{ "seed" : 1, "prompt": "x" }"#))
        #expect(content1 != content("a/c", #"{"prompt":"x","seed":1}"#))
        #expect(content1 != content("a/b", #"{"prompt":"x","seed":1.0}"#))
        #expect(content1 != content("a/b", #"{"prompt":"x"}"#))
    }

    @Test func theFirstToArriveGoesOnAndTheOthersWaitUntilItIsDone() throws {
        let id = try #require(IdempotencyKey("k")?.submission)
        let content = SubmissionContent(endpoint: "a/b", input: Array("{}".utf8))
        var arrivals = KeyedArrivals<Int>()
        let turns = [1, 2, 3].map { arrivals.arrive(id, content, $0) }
        #expect(turns == [.first, .waits, .waits])
        let other = arrivals.arrive(id, SubmissionContent(endpoint: "a/c", input: Array("{}".utf8)), 4)
        #expect(other == .conflict)
        let waiters = arrivals.finish(id)
        #expect(waiters == [2, 3])
        let next = arrivals.arrive(id, content, 5)
        #expect(next == .first)
    }
}
