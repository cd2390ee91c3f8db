import Posix

/// How far a long look at bytes has come, told on standard error once it takes longer than two seconds.
struct ProgressLine {
    private static let silence = Duration.seconds(2)
    private static let barWidth = 24

    private let began = ContinuousClock.now
    private let isTerminal: Bool
    private let subject: String?
    private var next: Duration
    private var isShown = false

    /// Begins now; from here on Ctrl-C ends the command with code 130.
    ///
    /// - Parameters:
    ///   - subject: What it is about, said before the numbers.
    ///   - isTerminal: Whether a person watches.
    init(subject: String? = nil, isTerminal: Bool = StandardError.isTerminal) {
        self.isTerminal = isTerminal
        self.subject = subject
        next = Self.silence
        Interrupt.exits(endsLine: isTerminal)
    }

    /// How long it has taken.
    var elapsed: Duration { began.duration(to: .now) }

    /// Tells how far it has come: a bar for people, a line every ten seconds otherwise.
    mutating func show(_ done: Int, of all: Int) {
        let elapsed = elapsed
        guard elapsed >= next else { return }
        next = elapsed + (isTerminal ? .milliseconds(100) : .seconds(10))
        let text = (subject.map { "\($0): " } ?? "") + Self.text(done, of: all, elapsed)
        if isTerminal {
            isShown = true
            // Back to the line's beginning, and what was there is erased (ECMA-48, EL).
            StandardError.write("\r\(Self.bar(done, of: all)) \(text)\u{1B}[K")
        } else {
            StandardError.writeLine(text)
        }
    }

    /// Takes the bar away.
    mutating func end() {
        if isShown { StandardError.write("\r\u{1B}[K") }
        isShown = false
    }

    private static func bar(_ done: Int, of all: Int) -> String {
        let filled = all > 0 ? min(barWidth, done * barWidth / all) : barWidth
        return String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
    }

    private static func text(_ done: Int, of all: Int, _ elapsed: Duration) -> String {
        let perSecond = perSecond(done, elapsed)
        let left = perSecond > 0 ? ", \(max(0, all - done) / perSecond) s left" : ""
        return "\(byteText(done)) of \(byteText(all)), \(byteText(perSecond))/s\(left)"
    }
}

/// How much that is in a second.
func perSecond(_ count: Int, _ elapsed: Duration) -> Int {
    let milliseconds = wholeMilliseconds(elapsed)
    return milliseconds > 0 ? Int(Double(count) * 1_000 / Double(milliseconds)) : 0
}

/// A duration in whole milliseconds.
func wholeMilliseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) * 1_000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
}

/// A number of bytes for people: `812 B`, `64.0 kB`, `1.07 GB`.
func byteText(_ bytes: Int) -> String {
    guard bytes >= 1_000 else { return "\(bytes) B" }
    var value = bytes
    var units = ["kB", "MB", "GB", "TB", "PB"][...]
    while value >= 1_000_000, units.count > 1 {
        value /= 1_000
        units.removeFirst()
    }
    let whole = value / 1_000
    let decimals = whole >= 100 ? "" : whole >= 10 ? ".\(value % 1_000 / 100)" : ".\(padded(value % 1_000 / 10, 2))"
    return "\(whole)\(decimals) \(units.first ?? "")"
}

private func padded(_ value: Int, _ digits: Int) -> String {
    let text = "\(value)"
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
