/// How long to wait between attempts, as a value: longer each time, and never all clients at the same moment.
struct Backoff: Equatable {
    static let first: Duration = .milliseconds(100)
    static let longest: Duration = .seconds(10)

    private var pause = Backoff.first

    /// An attempt went well.
    mutating func reset() { pause = Self.first }

    /// The wait before the next attempt.
    ///
    /// - Parameter random: From 0 to 1.
    /// - Returns: How long.
    mutating func next(random: Double) -> Duration {
        defer { pause = min(pause * 2, Self.longest) }
        return pause * (0.5 + random / 2)
    }
}
