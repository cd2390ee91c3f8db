/// When a webhook is tried again, by what fal's documentation said at three times.
///
/// How often and how long is documented; **the intervals are an assumption**: fal publishes none, so they double from a first
/// one, up to a longest one, with a tenth of jitter either way. Time limits that are not documented are the nearest known.
package struct WebhookSchedule: Equatable, Sendable {
    /// A state of the documentation.
    package enum Preset: String, CaseIterable, Sendable {
        /// docs.fal.ai, 2025: ten repetitions within two hours.
        case year2025 = "2025"
        /// fal.ai/docs, first half of 2026: the same, and 15 s for the first attempt.
        case early2026 = "2026a"
        /// fal.ai/docs, from August 2026: 15 s, then 120 s; at most 31 repetitions, until the stored answer expires;
        /// a redirection is final.
        case late2026 = "2026b"
    }

    /// What the answer to an attempt means.
    package enum Verdict: Equatable, Sendable {
        /// The webhook has arrived.
        case delivered
        /// It is not tried again.
        case failed
        /// It is tried again.
        case tryAgain
    }

    /// The state of the documentation.
    package let preset: Preset
    /// What all times are divided by.
    package let speed: Double

    /// A schedule.
    ///
    /// - Parameters:
    ///   - preset: The state of the documentation.
    ///   - speed: What all times are divided by; above 0.
    package init(_ preset: Preset, speed: Double = 1) {
        precondition(speed > 0, "a schedule that never moves")
        self.preset = preset
        self.speed = speed
    }

    /// The most repetitions.
    package var retriesMax: Int {
        switch preset {
        case .year2025, .early2026: 10
        case .late2026: 31
        }
    }

    /// How long to wait after an attempt has failed.
    ///
    /// - Parameters:
    ///   - attempt: Which attempt failed, from 1.
    ///   - jitter: A random number in 0..<1.
    /// - Returns: Microseconds; nil when that was the last attempt.
    package func delay(afterAttempt attempt: Int, jitter: Double) -> Int64? {
        guard attempt >= 1, attempt <= retriesMax else { return nil }
        let (first, longest): (Double, Double) =
            switch preset {
            // Doubling from 6 s, ten of them take 1 h 42 min, and with all jitter less than two hours.
            case .year2025, .early2026: (6, 3_600)
            // 31 of them take 52 min, and with all jitter less than the hour that an answer is stored.
            case .late2026: (2, 120)
            }
        var seconds = first
        for _ in 1..<attempt where seconds < longest { seconds *= 2 }
        return microseconds(min(seconds, longest) * (0.9 + 0.2 * min(max(jitter, 0), 1)))
    }

    /// How long an attempt may take in all.
    ///
    /// - Parameter attempt: Which one, from 1.
    /// - Returns: Microseconds.
    package func timeout(attempt: Int) -> Int64 {
        microseconds(preset == .late2026 && attempt > 1 ? 120 : 15)
    }

    /// When the next attempt is to be made after one has failed.
    ///
    /// - Parameters:
    ///   - attempt: Which attempt failed, from 1.
    ///   - now: Microseconds since 1970.
    ///   - expiresAt: When the stored answer expires, likewise.
    ///   - jitter: A random number in 0..<1.
    /// - Returns: Microseconds since 1970; nil when there is none.
    package func nextAttempt(afterAttempt attempt: Int, now: Int64, expiresAt: Int64, jitter: Double) -> Int64? {
        guard let delay = delay(afterAttempt: attempt, jitter: jitter) else { return nil }
        if preset == .late2026, now + delay >= expiresAt { return nil }
        return now + delay
    }

    /// What an answer means; no answer at all always means another attempt.
    ///
    /// What a redirection meant before 2026b is not documented; it is taken as a failure like any other.
    package func verdict(status: Int) -> Verdict {
        switch status {
        case 200..<300: .delivered
        case 300..<400: preset == .late2026 ? .failed : .tryAgain
        default: .tryAgain
        }
    }

    /// Whether no attempt follows an answer.
    package func isFinal(status: Int) -> Bool { verdict(status: status) != .tryAgain }

    private func microseconds(_ seconds: Double) -> Int64 {
        max(1, Int64(seconds * 1_000_000 / speed))
    }
}
