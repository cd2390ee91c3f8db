/// The line on standard error that says how far a batch is, drawn over itself on a terminal.
struct BatchProgress {
    /// The cells of the bar.
    static let barWidth = 24
    /// How often it is drawn.
    static let interval: Duration = .milliseconds(200)

    private let start = ContinuousClock.now
    private var drawnAt: ContinuousClock.Instant?
    private var isShown = false

    /// Draws the line if it is time to; never without a terminal.
    mutating func show(_ state: BatchState) {
        guard StandardError.isTerminal else { return }
        let now = ContinuousClock.now
        guard drawnAt.map({ $0 + Self.interval <= now }) ?? true else { return }
        drawnAt = now
        isShown = true
        StandardError.write("\r\u{1B}[K" + Self.text(state, after: start.duration(to: now)))
    }

    /// Takes the line away, so that something else can be written.
    mutating func clear() {
        guard isShown else { return }
        StandardError.write("\r\u{1B}[K")
        isShown = false
        drawnAt = nil
    }

    /// The one line that is left in the end.
    func finish(_ state: BatchState) {
        let elapsed = start.duration(to: .now)
        let rate = Self.rate(state.doneCount, elapsed)
        StandardError.writeLine(
            "\(state.doneCount) of \(state.count) lines in \(Self.clock(elapsed)), \(rate) a second"
                + Self.counts(state)
        )
    }

    /// Bar, counts, rate and estimated end.
    static func text(_ state: BatchState, after elapsed: Duration) -> String {
        let share = state.count == 0 ? 1 : Double(state.doneCount) / Double(state.count)
        let filled = Int(share * Double(barWidth))
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: barWidth - filled)
        var text = "[\(bar)] \(state.doneCount)/\(state.count)\(counts(state))  \(rate(state.doneCount, elapsed))/s"
        // Of the lines that this run has brought to their end: those of a run before it took no time.
        let own = state.doneCount - state.earlierCount
        if own > 0, state.doneCount < state.count {
            let left = elapsed * (Double(state.count - state.doneCount) / Double(own))
            text += "  about \(clock(left)) left"
        }
        return text
    }

    private static func counts(_ state: BatchState) -> String {
        let parts = [
            (state.existingCount, "there before"), (state.failedCount, "failed"), (state.refusedCount, "not taken"),
        ]
        return parts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
    }

    private static func rate(_ count: Int, _ elapsed: Duration) -> String {
        let rate = Double(count) / max(elapsed / .seconds(1), 0.001)
        return rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate))"
    }

    /// A duration as people read it: `8 s`, `2 min 5 s`, `1 h 3 min`.
    static func clock(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        }
    }
}
