/// Decides when fal's keys are fetched, kept and used; events go in, actions come out.
///
/// It knows no clock, no network and no disk: time comes in as the time since 1970, and one owner feeds it events one
/// at a time. At most one fetch is ever under way.
///
/// Rules: a set is refreshed when half of the 24 hours are over that fal allows it to be kept; when a signature fits no
/// key, once, but not more often than once a minute whatever comes in; and a set that cannot be refreshed is used on,
/// because an outage of the key set must not lose deliveries.
package struct KeySetCache: Equatable, Sendable {
    /// The age at which a set is fetched anew.
    package static let refreshAge = Duration.seconds(12 * 3600)

    /// The age past which a set is ``Freshness/stale``.
    ///
    /// Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks ("cache at most 24 hours").
    package static let freshAgeMax = Duration.seconds(24 * 3600)

    /// The least time between two fetches that strangers' signatures can cause.
    package static let missIntervalMin = Duration.seconds(60)

    /// The least time between a failure and the next attempt.
    package static let retryDelayMin = Duration.seconds(1)

    /// The most time between a failure and the next attempt.
    package static let retryDelayMax = Duration.seconds(60)

    /// What the owner has to do, in this order.
    package enum Action: Equatable, Sendable {
        /// Fetch the key set, then report ``KeySetCache/fetchSucceeded(_:now:)`` or ``KeySetCache/fetchFailed(now:jitter:)``.
        case fetch
        /// Put these bytes on disk for the next ``KeySetCache/start(stored:now:)``; a failure is only worth a warning.
        case persist([UInt8])
        /// Report ``KeySetCache/tick(now:)`` after this time, in place of any tick asked for before.
        case tick(after: Duration)
    }

    /// How far the keys can be relied on.
    package enum Freshness: String, Sendable {
        /// There are none: deliveries get 503.
        case none
        /// They are not older than fal allows.
        case fresh
        /// They are older, and still used.
        case stale
    }

    /// What a delivery gets whose signature fits no key.
    package enum MissAnswer: Equatable, Sendable {
        /// A fetch is under way that may bring the key: verify again when it is over, and then without asking again.
        case waitForRefresh
        /// The keys were fetched too recently to do it again: the signature is wrong.
        case final
    }

    /// The keys in use, `nil` until the first come.
    package private(set) var record: KeySetRecord?

    /// How many fetches failed since the last that succeeded.
    package private(set) var failuresInARow = 0

    /// Whether a fetch is under way.
    package private(set) var isFetching = false

    private var retryAt: Duration?
    private var missAt: Duration?

    /// Begins without keys; ``start(stored:now:)`` comes next.
    package init() {}

    /// The keys to verify with.
    package var keySet: KeySet? { record?.keySet }

    /// How far the keys can be relied on.
    package func freshness(now: Duration) -> Freshness {
        guard let record else { return .none }
        return elapsed(since: record.fetchedAt, now) <= Self.freshAgeMax ? .fresh : .stale
    }

    /// The service starts.
    ///
    /// - Parameters:
    ///   - stored: What was last persisted; `nil` if there is none or it could not be read.
    ///   - now: The time since 1970.
    /// - Returns: A fetch, or the tick at which one is due.
    package mutating func start(stored: KeySetRecord?, now: Duration) -> [Action] {
        record = stored
        return fetchIfDue(now)
    }

    /// Time has passed; asking too early or too often does no harm.
    package mutating func tick(now: Duration) -> [Action] {
        fetchIfDue(now)
    }

    /// The fetch brought bytes that are a key set.
    package mutating func fetchSucceeded(_ fetched: KeySetRecord, now: Duration) -> [Action] {
        isFetching = false
        failuresInARow = 0
        retryAt = nil
        record = fetched
        return [.persist(fetched.encoded()), .tick(after: Self.refreshAge)]
    }

    /// The fetch brought nothing, or bytes that are no key set.
    ///
    /// - Parameters:
    ///   - now: The time since 1970.
    ///   - jitter: A random number from 0 to 1, so that many services do not come back together.
    /// - Returns: The tick of the next attempt: 1 s to 60 s later, doubling, and half of it random.
    package mutating func fetchFailed(now: Duration, jitter: Double) -> [Action] {
        isFetching = false
        let doubled = Self.retryDelayMin * (1 << min(failuresInARow, 16))
        failuresInARow += 1
        let longest = min(doubled, Self.retryDelayMax)
        let delay = max(longest * (0.5 + min(max(jitter, 0), 1) / 2), Self.retryDelayMin)
        retryAt = now + delay
        return [.tick(after: delay)]
    }

    /// A delivery's signature fits no key: fal may have a new one.
    ///
    /// - Parameter now: The time since 1970.
    /// - Returns: Whether waiting can help, and the fetch if this delivery causes one.
    package mutating func noKeyMatched(now: Duration) -> (answer: MissAnswer, actions: [Action]) {
        if isFetching { return (.waitForRefresh, []) }
        if let missAt, elapsed(since: missAt, now) < Self.missIntervalMin { return (.final, []) }
        missAt = now
        isFetching = true
        return (.waitForRefresh, [.fetch])
    }

    private mutating func fetchIfDue(_ now: Duration) -> [Action] {
        guard !isFetching else { return [] }
        let wait = timeUntilDue(now)
        guard wait <= .zero else { return [.tick(after: wait)] }
        isFetching = true
        return [.fetch]
    }

    private func timeUntilDue(_ now: Duration) -> Duration {
        if let retryAt {
            // A clock that was set back must not put the attempt off beyond the longest delay.
            return min(retryAt - now, Self.retryDelayMax)
        }
        guard let record else { return .zero }
        return Self.refreshAge - elapsed(since: record.fetchedAt, now)
    }

    /// The time since an instant; an instant in the future counts as long past, since the clock was wrong then or is now.
    private func elapsed(since instant: Duration, _ now: Duration) -> Duration {
        now >= instant ? now - instant : Self.freshAgeMax + .seconds(1)
    }
}
