import Falconer

/// How far a batch is: which line may be submitted next, and which is done.
///
/// A value without I/O: answers and events go in, lines to submit and results come out.
struct BatchState {
    /// How a line ended, as far as this command follows it.
    enum Ending {
        /// It is recorded, or was before; nobody waits for more.
        case recorded
        case succeeded
        case failed
        /// The service did not take it.
        case refused
    }

    /// The commands on their way at once, below what the stream lets a client have pending.
    static let commandsMax = 48

    /// How many lines there are.
    let count: Int
    /// The lines that are submitted and have not ended, at most.
    let concurrency: Int
    /// Whether a line ends with its outcome, and not with its recording.
    let waitsForOutcomes: Bool

    private(set) var nextIndex = 0
    private(set) var commandCount = 0
    private(set) var doneCount = 0
    private(set) var existingCount = 0
    private(set) var failedCount = 0
    private(set) var refusedCount = 0
    /// The lines that a run before this one has brought to their end: they say nothing of how long the others take.
    private(set) var earlierCount = 0
    /// The lines that wait for the outcome of a submission.
    private var open: [String: [Int]] = [:]

    /// A batch of which nothing is submitted yet.
    init(count: Int, concurrency: Int, waitsForOutcomes: Bool) {
        self.count = count
        self.concurrency = concurrency
        self.waitsForOutcomes = waitsForOutcomes
    }

    /// Whether every line has ended.
    var isDone: Bool { doneCount == count && commandCount == 0 }

    /// Takes the next line to submit; nil when none is left, or enough are on their way.
    ///
    /// - Parameter submission: The id that a line's submission will have.
    /// - Returns: The line, from 0.
    mutating func next(_ submission: (Int) -> String) -> Int? {
        guard nextIndex < count, commandCount < Self.commandsMax, nextIndex - doneCount < concurrency else {
            return nil
        }
        defer { nextIndex += 1 }
        commandCount += 1
        // Before the answer: its outcome may come first, for it comes on another connection.
        if waitsForOutcomes { open[submission(nextIndex), default: []].append(nextIndex) }
        return nextIndex
    }

    /// Takes in that a line is recorded.
    ///
    /// - Returns: Whether the line has ended with that.
    mutating func recorded(wasThere: Bool) -> Bool {
        commandCount -= 1
        if wasThere { existingCount += 1 }
        if !waitsForOutcomes {
            doneCount += 1
            if wasThere { earlierCount += 1 }
        }
        return !waitsForOutcomes
    }

    /// Takes note that a line's submission had ended before it was asked for.
    mutating func hadEnded() { earlierCount += 1 }

    /// Takes note of another command on its way.
    mutating func asked() { commandCount += 1 }

    /// Takes note of its answer.
    mutating func answered() { commandCount -= 1 }

    /// Takes in that the service did not take a line.
    mutating func refused(_ index: Int, _ submission: String) {
        commandCount -= 1
        doneCount += 1
        refusedCount += 1
        open[submission]?.removeAll { $0 == index }
        if open[submission]?.isEmpty == true { open[submission] = nil }
    }

    /// Takes in the outcome of a submission.
    ///
    /// - Returns: The lines that have ended with it.
    mutating func ended(_ submission: String, _ ending: Ending) -> [Int] {
        guard let indices = open.removeValue(forKey: submission) else { return [] }
        doneCount += indices.count
        if ending == .failed { failedCount += indices.count }
        return indices
    }
}
