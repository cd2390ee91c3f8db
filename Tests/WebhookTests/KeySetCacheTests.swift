import Testing
import Webhook

@Suite("When the key set is fetched and used")
struct KeySetCacheTests {
    private let start = Duration.seconds(1_752_000_000)

    private func record(at time: Duration, seed: UInt8 = 1) throws -> KeySetRecord {
        try KeySetRecord(source: Signer(seed: seed).keySetSource, fetchedAt: time)
    }

    @Test("without keys on disk it fetches at once, keeps what comes, and comes back after half a day")
    func firstStart() throws {
        var cache = KeySetCache()
        #expect(cache.start(stored: nil, now: start) == [.fetch])
        #expect(cache.keySet == nil && cache.freshness(now: start) == .none)
        let fetched = try record(at: start)
        #expect(
            cache.fetchSucceeded(fetched, now: start)
                == [.persist(fetched.encoded()), .tick(after: KeySetCache.refreshAge)]
        )
        #expect(cache.keySet == fetched.keySet && cache.freshness(now: start) == .fresh)
        let early = start + KeySetCache.refreshAge - .seconds(1)
        #expect(cache.tick(now: early) == [.tick(after: .seconds(1))])
        #expect(cache.tick(now: early + .seconds(1)) == [.fetch])
        #expect(cache.tick(now: early + .seconds(2)) == [])
    }

    @Test("keys on disk are used at once, and fetched anew when they are due")
    func storedStart() throws {
        var cache = KeySetCache()
        let stored = try record(at: start)
        #expect(cache.start(stored: stored, now: start + .seconds(3600)) == [.tick(after: .seconds(11 * 3600))])
        #expect(cache.keySet == stored.keySet)
        var late = KeySetCache()
        #expect(late.start(stored: stored, now: start + KeySetCache.refreshAge) == [.fetch])
        #expect(late.keySet == stored.keySet)
    }

    @Test("keys past their day are used on while they cannot be fetched, and said to be stale")
    func outage() throws {
        var cache = KeySetCache()
        let stored = try record(at: start)
        var now = start + KeySetCache.freshAgeMax
        #expect(cache.start(stored: stored, now: now) == [.fetch])
        #expect(cache.freshness(now: now) == .fresh)
        now += .seconds(1)
        #expect(cache.fetchFailed(now: now, jitter: 1) == [.tick(after: .seconds(1))])
        #expect(cache.freshness(now: now) == .stale)
        #expect(cache.keySet == stored.keySet)
        now += .seconds(1)
        #expect(cache.tick(now: now) == [.fetch])
        _ = cache.fetchSucceeded(try record(at: now, seed: 2), now: now)
        #expect(cache.freshness(now: now) == .fresh)
        #expect(cache.keySet == (try Signer(seed: 2).keySet()))
    }

    @Test("failures put the next attempt off, from a second to a minute, half of it random")
    func backoff() {
        for (jitter, expected) in [
            (1.0, [1, 2, 4, 8, 16, 32, 60, 60]), (0.0, [1, 1, 2, 4, 8, 16, 30, 30]),
            (7.0, [1, 2, 4, 8, 16, 32, 60, 60]),
        ] {
            var cache = KeySetCache()
            var now = start
            _ = cache.start(stored: nil, now: now)
            for seconds in expected {
                #expect(cache.fetchFailed(now: now, jitter: jitter) == [.tick(after: .seconds(seconds))])
                #expect(cache.tick(now: now) == [.tick(after: .seconds(seconds))])
                now += .seconds(seconds)
                #expect(cache.tick(now: now) == [.fetch])
            }
            #expect(cache.failuresInARow == expected.count)
        }
        var cache = KeySetCache()
        for _ in 0..<200 { _ = cache.fetchFailed(now: start, jitter: 1) }
        #expect(cache.fetchFailed(now: start, jitter: 1) == [.tick(after: KeySetCache.retryDelayMax)])
    }

    @Test("success forgets the failures")
    func successAfterFailures() throws {
        var cache = KeySetCache()
        _ = cache.start(stored: nil, now: start)
        for _ in 0..<5 { _ = cache.fetchFailed(now: start, jitter: 1) }
        _ = cache.fetchSucceeded(try record(at: start), now: start)
        #expect(cache.failuresInARow == 0)
        #expect(cache.tick(now: start + .seconds(1)) == [.tick(after: KeySetCache.refreshAge - .seconds(1))])
        #expect(cache.fetchFailed(now: start, jitter: 1) == [.tick(after: .seconds(1))])
    }

    @Test("a signature that fits no key causes one fetch, which all wait for, and none for a minute after")
    func miss() throws {
        var cache = KeySetCache()
        _ = cache.start(stored: try record(at: start), now: start)
        var (answer, actions) = cache.noKeyMatched(now: start)
        #expect(answer == .waitForRefresh && actions == [.fetch])
        (answer, actions) = cache.noKeyMatched(now: start + .seconds(1))
        #expect(answer == .waitForRefresh && actions.isEmpty)
        #expect(cache.tick(now: start + .seconds(1)).isEmpty)
        _ = cache.fetchSucceeded(try record(at: start + .seconds(2), seed: 2), now: start + .seconds(2))
        let almost = start + KeySetCache.missIntervalMin - .milliseconds(1)
        (answer, actions) = cache.noKeyMatched(now: almost)
        #expect(answer == .final && actions.isEmpty)
        (answer, actions) = cache.noKeyMatched(now: start + KeySetCache.missIntervalMin)
        #expect(answer == .waitForRefresh && actions == [.fetch])
    }

    @Test("whatever comes in, strangers cause at most one fetch a minute, failures or not")
    func missStorm() {
        var cache = KeySetCache()
        _ = cache.start(stored: nil, now: start)
        _ = cache.fetchFailed(now: start, jitter: 1)
        var fetches = 0
        for tenth in 0..<6000 {
            let now = start + .milliseconds(100 * tenth)
            let (_, actions) = cache.noKeyMatched(now: now)
            if actions == [.fetch] {
                fetches += 1
                _ = cache.fetchFailed(now: now, jitter: 0.5)
            }
        }
        #expect(fetches == 10)
    }

    @Test("a miss while a planned fetch is under way waits for that one")
    func missDuringRefresh() throws {
        var cache = KeySetCache()
        _ = cache.start(stored: try record(at: start), now: start + KeySetCache.refreshAge)
        #expect(cache.isFetching)
        let (answer, actions) = cache.noKeyMatched(now: start + KeySetCache.refreshAge)
        #expect(answer == .waitForRefresh && actions.isEmpty)
    }

    @Test("a clock that was set back stops neither refreshing nor retrying")
    func clockSetBack() throws {
        var cache = KeySetCache()
        let future = try record(at: start + .seconds(1_000_000))
        #expect(cache.start(stored: future, now: start) == [.fetch])
        #expect(cache.freshness(now: start) == .stale)
        _ = cache.fetchFailed(now: start + .seconds(1_000_000), jitter: 1)
        #expect(cache.tick(now: start) == [.tick(after: KeySetCache.retryDelayMax)])
        var missed = KeySetCache()
        _ = missed.start(stored: try record(at: start), now: start)
        _ = missed.noKeyMatched(now: start + .seconds(1_000_000))
        _ = missed.fetchSucceeded(try record(at: start), now: start)
        #expect(missed.noKeyMatched(now: start).answer == .waitForRefresh)
    }

    @Test("what is stored is read back, with the key set byte for byte")
    func storage() throws {
        let source =
            Array("{\n \"keys\" : ".utf8) + (try Signer().keySetSource.dropFirst(8).dropLast()) + Array("\n}".utf8)
        let stored = try KeySetRecord(source: source, fetchedAt: start + .milliseconds(500))
        let read = try KeySetRecord(decoding: stored.encoded())
        #expect(read == stored)
        #expect(read.source == source)
        #expect(read.fetchedAt == start)
    }

    @Test("a key set as deeply nested as one may be can be stored too")
    func deepStorage() throws {
        let nested = String(repeating: "[", count: 199) + String(repeating: "]", count: 199)
        let source = Array(#"{"x":\#(nested),"#.utf8) + (try Signer().keySetSource.dropFirst())
        let stored = try KeySetRecord(source: source, fetchedAt: start)
        #expect(try KeySetRecord(decoding: stored.encoded()) == stored)
    }

    @Test(
        "what was not stored by us is refused",
        arguments: [
            "", "{}", "[]", #"{"fetched_at":1}"#, #"{"fetched_at":"1","key_set":{"keys":[]}}"#,
            #"{"key_set":{"keys":[]}}"#,
            #"{"fetched_at":1,"key_set":[]}"#, #"{"fetched_at":1.5,"key_set":{"keys":[]}}"#,
            #"{"fetched_at":1,"key_set":{"keys":[]}}"#,
        ]
    )
    func badStorage(text: String) {
        #expect(throws: KeySetError.self) { try KeySetRecord(decoding: Array(text.utf8)) }
    }

    @Test("a file cut short anywhere is refused")
    func truncatedStorage() throws {
        let bytes = try record(at: start).encoded()
        for length in 0..<bytes.count - 1 {
            #expect(throws: KeySetError.self) { try KeySetRecord(decoding: Array(bytes[..<length])) }
        }
    }
}
