/// The fuzzer's bytes, as decisions to be taken one after the other; zeros when they are used up.
struct ByteFeed {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    /// A number below `bound`, of two bytes.
    mutating func number(below bound: Int) -> Int {
        let number = Int(byte()) << 8 | Int(byte())
        return number % max(bound, 1)
    }

    mutating func wide() -> UInt64 {
        (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    /// Bytes up to a count that the next byte gives.
    mutating func bytes() -> [UInt8] {
        let count = Int(byte())
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A text of those bytes, with what is no UTF-8 replaced.
    mutating func text() -> String {
        String(decoding: bytes(), as: UTF8.self)
    }

    mutating func all() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
