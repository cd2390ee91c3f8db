/// One pass over a text: grammar, nesting and positions.
///
/// The inner loops read without bounds checks; each read is preceded by a comparison with `count`.
@safe
struct JSONScanner {
    /// The most nesting the stack of bits has room for.
    static let depthLimit = 256

    /// What is remembered about the children of the outermost container.
    enum Listing { case nothing, members, elements }

    // Valid for the scope that made the scanner; the scanner never leaves that scope.
    let base: UnsafeRawBufferPointer
    let count: Int
    var offset: Int
    var isSingleLine = true
    private(set) var members: [JSONMember] = []
    private(set) var elements: [JSONValueSlice] = []

    private let depthMax: Int
    private var depth = 0
    // One bit for each open container: 1 for an object, 0 for an array.
    private var openObjects: InlineArray<4, UInt64> = [0, 0, 0, 0]

    init(_ base: UnsafeRawBufferPointer, from offset: Int, depthMax: Int) {
        precondition(depthMax <= Self.depthLimit, "deeper than the stack has bits")
        unsafe self.base = base
        self.count = base.count
        self.offset = offset
        self.depthMax = depthMax
    }

    /// Scans one value, white space around it, and the end of the bytes.
    mutating func text(listing: Listing) throws(JSONTextError) -> JSONValueSlice {
        try refuseByteOrderMark()
        skipWhiteSpace()
        let value = try value(listing: listing)
        skipWhiteSpace()
        guard offset == count else { throw JSONTextError(.trailingBytes, at: offset) }
        return value
    }

    /// Scans one value; `depth` and the bits of `openObjects` stand in for recursion.
    private mutating func value(listing: Listing) throws(JSONTextError) -> JSONValueSlice {
        let start = offset
        let outermost = try kindOfNextValue()
        let lists = (listing == .members && outermost == .object) || (listing == .elements && outermost == .array)
        var child = Child(kind: outermost, start: start)
        repeat {
            let kind = try kindOfNextValue()
            if depth == 1 {
                child.kind = kind
                child.start = offset
            }
            switch kind {
            case .object, .array:
                try open(kind)
                if try !closeIfEmpty() {
                    if kind == .object { try memberName(&child) }
                    continue
                }
            case .string: try skipString()
            case .number: try skipNumber()
            case .null, .boolean: try skipLiteral()
            }
            // The value is complete, and perhaps containers around it are.
            while depth > 0 {
                if depth == 1, lists { try list(child) }
                if try !closeUnlessMoreFollows() {
                    if isInObject { try memberName(&child) }
                    break
                }
            }
        } while depth > 0
        return JSONValueSlice(kind: outermost, range: start..<offset)
    }

    /// The entry of the outermost container that is being scanned.
    private struct Child {
        var kind: JSONKind
        var start: Int
        var name = 0..<0
    }

    private mutating func list(_ child: Child) throws(JSONTextError) {
        guard members.count + elements.count < JSONText.membersMax else {
            throw JSONTextError(.tooManyMembers, at: child.start)
        }
        let value = JSONValueSlice(kind: child.kind, range: child.start..<offset)
        if isInObject {
            // Room for a delivery's members at once; growing step by step took four allocations.
            if members.isEmpty { members.reserveCapacity(8) }
            let name = try? decodedString(in: child.name)
            members.append(JSONMember(name: name, nameRange: child.name, value: value))
        } else {
            elements.append(value)
        }
    }

    private mutating func memberName(_ child: inout Child) throws(JSONTextError) {
        let start = offset
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        guard byte(at: offset) == UInt8(ascii: "\"") else { throw JSONTextError(.unexpectedByte, at: offset) }
        try skipString()
        if depth == 1 { child.name = start..<offset }
        skipWhiteSpace()
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        guard byte(at: offset) == UInt8(ascii: ":") else { throw JSONTextError(.unexpectedByte, at: offset) }
        offset += 1
        skipWhiteSpace()
    }
}

// MARK: - Nesting

extension JSONScanner {
    private var isInObject: Bool {
        let level = depth - 1
        return openObjects[level >> 6] & (1 << UInt64(level & 63)) != 0
    }

    private mutating func open(_ kind: JSONKind) throws(JSONTextError) {
        guard depth < depthMax else { throw JSONTextError(.tooDeep, at: offset) }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if kind == .object {
            openObjects[depth >> 6] |= bit
        } else {
            openObjects[depth >> 6] &= ~bit
        }
        depth += 1
        offset += 1
        skipWhiteSpace()
    }

    /// Whether the container that was just opened is empty; it is closed then.
    private mutating func closeIfEmpty() throws(JSONTextError) -> Bool {
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        guard byte(at: offset) == closingByte else { return false }
        offset += 1
        depth -= 1
        return true
    }

    /// After a value: closes the container and says so, or steps over the comma.
    private mutating func closeUnlessMoreFollows() throws(JSONTextError) -> Bool {
        skipWhiteSpace()
        guard offset < count else { throw JSONTextError(.unexpectedEnd, at: count) }
        let next = byte(at: offset)
        if next == UInt8(ascii: ",") {
            offset += 1
            skipWhiteSpace()
            return false
        }
        guard next == closingByte else { throw JSONTextError(.unexpectedByte, at: offset) }
        offset += 1
        depth -= 1
        return true
    }

    private var closingByte: UInt8 { isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }
}
