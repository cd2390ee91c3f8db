package import Posix

/// How much refused traffic each address has sent lately, to tell a broken sender from a flood.
///
/// A token bucket per address. It is asked only after a delivery was refused: a verified delivery is never refused for
/// its rate, whatever else its address sends (behind a reverse proxy all traffic may share one).
package struct UnverifiedTraffic: Sendable {
    /// Refusals that an address may collect at once before it is answered 429.
    package static let burst = 60
    /// Refusals that an address may collect per second in the long run.
    package static let perSecond = 2.0
    /// Addresses remembered; with more, the ones that have recovered are forgotten, then all.
    package static let addressesMax = 4_096

    private var buckets: [String: Bucket] = [:]

    /// Nothing was refused so far.
    package init() {}

    /// How many addresses are remembered.
    package var addressCount: Int { buckets.count }

    /// Notes a refusal.
    ///
    /// - Parameters:
    ///   - address: Who sent it, without the port.
    ///   - now: The time; a clock that goes backwards refills nothing.
    /// - Returns: Whether the address is within its rate; past it, it is told 429 and not logged.
    package mutating func refuse(_ address: String, at now: WallTime) -> Bool {
        if buckets[address] == nil, buckets.count >= Self.addressesMax { forget(at: now) }
        var bucket = buckets[address] ?? Bucket(tokens: Double(Self.burst), filledAt: now)
        bucket.fill(at: now)
        let isWithinRate = bucket.tokens >= 1
        if isWithinRate { bucket.tokens -= 1 }
        buckets[address] = bucket
        return isWithinRate
    }

    private mutating func forget(at now: WallTime) {
        buckets = buckets.filter { entry in
            var bucket = entry.value
            bucket.fill(at: now)
            return bucket.tokens < Double(Self.burst)
        }
        if buckets.count >= Self.addressesMax { buckets.removeAll() }
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: WallTime

        mutating func fill(at now: WallTime) {
            let microseconds = max(0, now.microseconds - filledAt.microseconds)
            tokens = min(
                Double(UnverifiedTraffic.burst),
                tokens + Double(microseconds) / 1_000_000 * UnverifiedTraffic.perSecond
            )
            filledAt = now
        }
    }
}
