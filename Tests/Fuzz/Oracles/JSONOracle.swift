/// RFC 8259 once more, read down recursively, letter by letter: slow, and different from the scanner in every way.
struct JSONOracle {
    /// The deepest nesting that is read.
    let depthMax: Int

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0
    /// The members of the outermost object, as ranges of names and values.
    private(set) var members: [(name: Range<Int>, value: Range<Int>)] = []
    /// The range of the value itself.
    private(set) var value: Range<Int>?

    /// Reads a whole text.
    init(_ bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
        space()
        let start = at
        guard readValue() else { return }
        let end = at
        space()
        if at == bytes.count { value = start..<end }
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func space() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        at += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard bytes[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func readValue() -> Bool {
        switch next.map({ Character(Unicode.Scalar($0)) }) {
        case "{": readContainer(end: "}", named: true)
        case "[": readContainer(end: "]", named: false)
        case "\"": readString()
        case "t": takeWord("true")
        case "f": takeWord("false")
        case "n": takeWord("null")
        default: readNumber()
        }
    }

    private mutating func readContainer(end: Character, named: Bool) -> Bool {
        depth += 1
        defer { depth -= 1 }
        at += 1
        space()
        guard depth <= depthMax else { return false }
        if take(end) { return true }
        while true {
            let nameStart = at
            if named {
                guard readString() else { return false }
            }
            let name = nameStart..<at
            if named {
                space()
                guard take(":") else { return false }
                space()
            }
            let start = at
            guard readValue() else { return false }
            if depth == 1, named { members.append((name, start..<at)) }
            space()
            if take(end) { return true }
            guard take(",") else { return false }
            space()
        }
    }

    private mutating func readString() -> Bool {
        guard take("\"") else { return false }
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escape = next else { return false }
                at += 1
                if escape == UInt8(ascii: "u") {
                    guard at + 4 <= bytes.count, bytes[at..<at + 4].allSatisfy(Self.isHex) else { return false }
                    at += 4
                } else if !#""\/bfnrt"#.utf8.contains(escape) {
                    return false
                }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func readNumber() -> Bool {
        _ = take("-")
        if !take("0") {
            guard digits() else { return false }
        }
        if take(".") {
            guard digits() else { return false }
        }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
        return at > start
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
