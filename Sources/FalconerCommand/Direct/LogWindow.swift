/// Tells the new lines of a run's log from those of the answer before: fal sends a moving window of them.
struct LogWindow {
    /// The lines that are remembered.
    static let linesMax = 2_000

    private var seen: Set<String> = []

    /// The lines that were not in an answer before, for people.
    mutating func news(_ entries: [(timestamp: String?, message: String)]) -> [String] {
        if seen.count > Self.linesMax { seen = [] }
        return entries.map { [$0.timestamp, $0.message].compactMap { $0 }.joined(separator: "  ") }
            .filter { seen.insert($0).inserted }
    }
}
