/// A regular expression, taken apart.
indirect enum PatternExpression {
    case set(ScalarSet)
    case start
    case end
    case sequence([PatternExpression])
    case choice(PatternExpression, PatternExpression)
    case repeated(PatternExpression, least: Int, most: Int?)
}

/// Reads regular expressions (https://tc39.es/ecma262/#sec-patterns), those parts that ``SchemaPattern`` knows.
struct PatternParser {
    /// The deepest nesting of groups.
    static let groupsMax = 32
    private static let last: UInt32 = 0x10_ffff

    /// There is something in the expression that is not known here.
    struct NotUnderstood: Error {}

    private let scalars: [UInt32]
    private var position = 0
    private var depth = 0

    /// Reads from the beginning.
    init(_ scalars: [UInt32]) {
        self.scalars = scalars
    }

    /// The whole expression.
    mutating func whole() throws(NotUnderstood) -> PatternExpression {
        let expression = try choice()
        guard position == scalars.count else { throw NotUnderstood() }
        return expression
    }

    private mutating func choice() throws(NotUnderstood) -> PatternExpression {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        var expression = branches.removeLast()
        while let branch = branches.popLast() { expression = .choice(branch, expression) }
        return expression
    }

    private mutating func sequence() throws(NotUnderstood) -> PatternExpression {
        var parts: [PatternExpression] = []
        while let next = peek, next != "|", next != ")" {
            parts.append(try quantified(try atom()))
        }
        return .sequence(parts)
    }

    private mutating func quantified(_ part: PatternExpression) throws(NotUnderstood) -> PatternExpression {
        let least: Int
        let most: Int?
        switch peek {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{": (least, most) = try counts()
        default: return part
        }
        position += 1
        // Greedy or not makes no difference to whether there is a match.
        _ = take("?")
        if let next = peek, "*+?{".unicodeScalars.contains(next) { throw NotUnderstood() }
        switch part {
        case .start, .end: throw NotUnderstood()
        default: return .repeated(part, least: least, most: most)
        }
    }

    /// `{2}`, `{2,}` or `{2,5}`, up to its closing brace.
    private mutating func counts() throws(NotUnderstood) -> (Int, Int?) {
        position += 1
        let least = try number()
        var most: Int? = least
        if take(",") {
            most = nil
            if peek != "}" { most = try number() }
        }
        guard peek == "}", most.map({ least <= $0 }) ?? true else { throw NotUnderstood() }
        return (least, most)
    }

    private mutating func number() throws(NotUnderstood) -> Int {
        let start = position
        while let next = peek, ("0"..."9").contains(next) { position += 1 }
        let digits = scalars[start..<position].compactMap { Unicode.Scalar($0) }
        guard digits.count <= 6, let value = Int(String(String.UnicodeScalarView(digits))) else {
            throw NotUnderstood()
        }
        return value
    }

    private mutating func atom() throws(NotUnderstood) -> PatternExpression {
        guard let next = peek else { throw NotUnderstood() }
        position += 1
        switch next {
        case "^": return .start
        case "$": return .end
        case ".": return .set(ScalarSet(ranges: [10...10], isNegated: true))
        case "(": return try group()
        case "[": return .set(try bracketed())
        case "\\": return .set(try escaped())
        case "*", "+", "?", "{", "}", "]": throw NotUnderstood()
        default: return .set(ScalarSet(ranges: [next.value...next.value]))
        }
    }

    private mutating func group() throws(NotUnderstood) -> PatternExpression {
        if take("?"), !take(":") { throw NotUnderstood() }
        depth += 1
        guard depth <= Self.groupsMax else { throw NotUnderstood() }
        let inner = try choice()
        depth -= 1
        guard take(")") else { throw NotUnderstood() }
        return inner
    }

    private mutating func bracketed() throws(NotUnderstood) -> ScalarSet {
        var set = ScalarSet(isNegated: take("^"))
        while !take("]") {
            let first = try member()
            set.takesBeyondASCII = set.takesBeyondASCII || first.takesBeyondASCII
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != 0x5d else {
                set.ranges += first.ranges
                continue
            }
            position += 1
            let last = try member()
            guard let lower = Self.single(first), let upper = Self.single(last), lower <= upper else {
                throw NotUnderstood()
            }
            set.ranges.append(lower...upper)
        }
        return set
    }

    private mutating func member() throws(NotUnderstood) -> ScalarSet {
        guard let next = peek else { throw NotUnderstood() }
        position += 1
        // Within a class, "[" and "&&" mean something to newer engines.
        if next == "[" || next == "&" && peek == "&" { throw NotUnderstood() }
        return next == "\\" ? try escaped() : ScalarSet(ranges: [next.value...next.value])
    }

    private static func single(_ set: ScalarSet) -> UInt32? {
        guard set.ranges.count == 1, let range = set.ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }

    private mutating func escaped() throws(NotUnderstood) -> ScalarSet {
        guard let next = peek else { throw NotUnderstood() }
        position += 1
        let digits: [ClosedRange<UInt32>] = [0x30...0x39]
        let word: [ClosedRange<UInt32>] = digits + [0x41...0x5a, 0x5f...0x5f, 0x61...0x7a]
        let space: [ClosedRange<UInt32>] = [9...13, 32...32]
        switch next {
        case "d": return ScalarSet(ranges: digits, takesBeyondASCII: true)
        case "w": return ScalarSet(ranges: word, takesBeyondASCII: true)
        case "s": return ScalarSet(ranges: space, takesBeyondASCII: true)
        case "D": return ScalarSet(ranges: Self.complement(digits), takesBeyondASCII: true)
        case "W": return ScalarSet(ranges: Self.complement(word), takesBeyondASCII: true)
        case "S": return ScalarSet(ranges: Self.complement(space), takesBeyondASCII: true)
        case "t": return ScalarSet(ranges: [9...9])
        case "n": return ScalarSet(ranges: [10...10])
        case "v": return ScalarSet(ranges: [11...11])
        case "f": return ScalarSet(ranges: [12...12])
        case "r": return ScalarSet(ranges: [13...13])
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        default:
            let isAlphanumeric = word.contains { $0.contains(next.value) } && next != "_"
            guard next.isASCII, !isAlphanumeric else { throw NotUnderstood() }
            return ScalarSet(ranges: [next.value...next.value])
        }
    }

    private mutating func hexadecimal(digits count: Int) throws(NotUnderstood) -> ScalarSet {
        guard position + count <= scalars.count else { throw NotUnderstood() }
        let digits = scalars[position..<position + count].compactMap { Unicode.Scalar($0) }
        let text = String(String.UnicodeScalarView(digits))
        guard text.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }), let value = UInt32(text, radix: 16),
            Unicode.Scalar(value) != nil
        else { throw NotUnderstood() }
        position += count
        return ScalarSet(ranges: [value...value])
    }

    /// Everything that is in none of some ranges, which rise.
    private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if next < range.lowerBound { rest.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        return rest + [next...last]
    }

    private var peek: Unicode.Scalar? {
        position < scalars.count ? Unicode.Scalar(scalars[position]) : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }
}
