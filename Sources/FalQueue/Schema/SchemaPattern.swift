/// A regular expression of a schema's `pattern`, as far as it is understood.
///
/// It takes time in proportion to the text, whatever the expression: documents come from outside, and an engine that
/// tries one way after the other can be kept busy for years by a few characters. What ECMA-262 has beyond literals, classes,
/// groups, choices, repetitions and the two anchors (look-around, back-references, boundaries, flags) makes no pattern.
struct SchemaPattern {
    /// The longest expression taken, characters.
    static let lengthMax = 1_000
    /// The most states that an expression may have once its repetitions are written out.
    static let statesMax = 1_000

    /// What is done in a state before the one after it.
    enum State {
        /// Takes a character of a set.
        case take(ScalarSet)
        /// Goes on in either of two states.
        case split(Int, Int)
        /// Goes on only where the text begins.
        case atStart
        /// Goes on only where the text ends.
        case atEnd
        /// Goes on in another state.
        case jump(Int)
        /// Has found the expression.
        case found
    }

    private let states: [State]

    /// How many states there are; what a search costs is in proportion to it.
    var stateCount: Int { states.count }

    /// Reads an expression; nil for one that is not understood, or is larger than the limits.
    init?(_ source: String) {
        let scalars = source.unicodeScalars.prefix(Self.lengthMax + 1).map(\.value)
        guard scalars.count <= Self.lengthMax else { return nil }
        var parser = PatternParser(scalars)
        guard let expression = try? parser.whole() else { return nil }
        var program = Program()
        guard (try? program.append(expression)) != nil else { return nil }
        states = program.states + [.found]
    }

    /// Whether the expression fits anywhere in a text, as JSON Schema has it.
    func isFound(in text: String) -> Bool {
        var search = Search(states)
        let scalars = text.unicodeScalars
        for (index, scalar) in scalars.enumerated() {
            if search.enter(isStart: index == 0, isEnd: false) { return true }
            search.take(scalar.value)
        }
        return search.enter(isStart: scalars.isEmpty, isEnd: true)
    }

    /// The states of an expression, as they are written one after the other.
    private struct Program {
        var states: [State] = []
        private var steps = 0

        mutating func append(_ expression: PatternExpression) throws(PatternParser.NotUnderstood) {
            // Repetitions of nothing make no states and still take time.
            steps += 1
            guard steps <= 4 * statesMax, states.count < statesMax else { throw PatternParser.NotUnderstood() }
            switch expression {
            case .set(let set): states.append(.take(set))
            case .start: states.append(.atStart)
            case .end: states.append(.atEnd)
            case .sequence(let parts): for part in parts { try append(part) }
            case .choice(let one, let other):
                let split = reserve()
                try append(one)
                let jump = reserve()
                states[split] = .split(split + 1, states.count)
                try append(other)
                states[jump] = .jump(states.count)
            case .repeated(let part, let least, let most):
                for _ in 0..<least { try append(part) }
                guard let most else { return try appendLoop(part) }
                var splits: [Int] = []
                for _ in least..<most {
                    splits.append(reserve())
                    try append(part)
                }
                for split in splits { states[split] = .split(split + 1, states.count) }
            }
        }

        private mutating func appendLoop(_ part: PatternExpression) throws(PatternParser.NotUnderstood) {
            let split = reserve()
            try append(part)
            states.append(.jump(split))
            states[split] = .split(split + 1, states.count)
        }

        private mutating func reserve() -> Int {
            states.append(.found)
            return states.count - 1
        }
    }

    /// The states that a search is in, all at once.
    private struct Search {
        private let states: [State]
        private var waiting: [Int] = []
        private var marks: [Int]
        private var round = 0

        init(_ states: [State]) {
            self.states = states
            marks = [Int](repeating: 0, count: states.count)
        }

        /// Begins the expression here as well, and goes as far as no character is needed; whether it was found.
        mutating func enter(isStart: Bool, isEnd: Bool) -> Bool {
            round += 1
            var open = [0] + waiting.reversed()
            waiting = []
            while let index = open.popLast() {
                guard marks[index] != round else { continue }
                marks[index] = round
                switch states[index] {
                case .take: waiting.append(index)
                case .split(let one, let other): open += [other, one]
                case .atStart: if isStart { open.append(index + 1) }
                case .atEnd: if isEnd { open.append(index + 1) }
                case .jump(let next): open.append(next)
                case .found: return true
                }
            }
            return false
        }

        /// Takes a character.
        mutating func take(_ scalar: UInt32) {
            var next: [Int] = []
            for index in waiting {
                if case .take(let set) = states[index], set.contains(scalar) { next.append(index + 1) }
            }
            waiting = next
        }
    }
}

/// Characters that may stand in one place.
struct ScalarSet: Hashable {
    /// The ranges that are in it, or that are not.
    var ranges: [ClosedRange<UInt32>] = []
    /// Whether everything but the ranges is in it.
    var isNegated = false
    /// Whether characters beyond ASCII are always in it: engines differ in what letters and digits these are.
    var takesBeyondASCII = false

    /// Whether a character may stand there.
    func contains(_ scalar: UInt32) -> Bool {
        (takesBeyondASCII && scalar > 0x7f) || ranges.contains { $0.contains(scalar) } != isNegated
    }
}
