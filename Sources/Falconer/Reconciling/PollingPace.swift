/// How many questions fal is asked, and when none at all: a budget, and a pause while fal cannot be reached.
///
/// A value without I/O. Its time is whatever counts up, in microseconds.
package struct PollingPace: Sendable {
    /// The questions a minute when nobody says otherwise; fal documents no limit for them.
    package static let budgetDefault = 300
    /// The most questions a minute that can be asked for.
    package static let budgetMax = 100_000
    /// The first pause after a question without an answer, microseconds; it doubles each time.
    package static let firstPause: Int64 = 1_000_000
    /// The longest pause, microseconds.
    package static let pauseMax: Int64 = 60_000_000

    /// The questions a minute.
    package let perMinute: Int
    private let burst: Double
    private var tokens: Double
    private var filledAt: Int64 = 0
    private var pauseEnd: Int64 = 0
    private var seconds = SecondCounts()
    /// How many questions were asked.
    package private(set) var askedCount = 0
    /// The questions in a row that had no answer; 0 while fal answers.
    package private(set) var failureCount = 0

    /// A pace with its whole budget to spend: a sixth of a minute's questions may be asked at once.
    ///
    /// - Parameter perMinute: The budget, from 1 to ``budgetMax``.
    package init(perMinute: Int = Self.budgetDefault) {
        precondition((1...Self.budgetMax).contains(perMinute), "a budget out of bounds")
        self.perMinute = perMinute
        burst = max(1, Double(perMinute) / 6)
        tokens = burst
    }

    /// Takes a question out of the budget, if one may be asked now.
    ///
    /// - Parameter now: The time.
    /// - Returns: nil when it may be asked, else when to come back.
    package mutating func take(now: Int64) -> Int64? {
        guard now >= pauseEnd else { return pauseEnd }
        tokens = min(burst, tokens + Double(max(0, now - filledAt)) * Double(perMinute) / 60_000_000)
        filledAt = max(filledAt, now)
        guard tokens >= 1 else {
            return now + max(1_000, Int64((1 - tokens) * 60_000_000 / Double(perMinute)))
        }
        charge(now: now)
        return nil
    }

    /// Takes one more out of the budget for a question that was allowed.
    ///
    /// It may need a further page, or the result behind a status. That is asked at once, and the next ones wait the longer.
    package mutating func charge(now: Int64) {
        tokens -= 1
        askedCount += 1
        seconds.count(at: now)
    }

    /// The questions of the last minute.
    package func lastMinute(now: Int64) -> Int { seconds.sum(at: now) }

    /// Until when nobody is asked, because fal cannot be reached; nil when it can.
    package func pause(now: Int64) -> Int64? { pauseEnd > now ? pauseEnd : nil }

    /// Notes that a question had no answer.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - jitter: A random number in 0..<1.
    /// - Returns: Whether it is the first after an answer.
    package mutating func failed(now: Int64, jitter: Double) -> Bool {
        failureCount += 1
        let doubled = min(Self.firstPause << Int64(min(failureCount - 1, 6)), Self.pauseMax)
        pauseEnd = max(pauseEnd, now + Int64(Double(doubled) * (0.5 + jitter / 2)))
        return failureCount == 1
    }

    /// Notes that a question had an answer.
    ///
    /// - Returns: Whether it is the first after a failure.
    package mutating func answered() -> Bool {
        defer { failureCount = 0 }
        return failureCount > 0
    }
}
