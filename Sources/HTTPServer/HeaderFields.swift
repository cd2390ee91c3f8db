/// Header fields in the order they were written, with every byte kept.
///
/// A field that stands twice is there twice. All names and values share one buffer.
package struct HeaderFields: Sendable, Equatable {
    /// One field: its name as it was written, and its value's bytes.
    package struct Field: Sendable, Equatable {
        /// The name, in the case it was written.
        package let name: String
        /// The value's bytes, without the white space around them.
        package let value: [UInt8]
    }

    /// How often a field stands in a head, and what it says.
    package enum Occurrence: Sendable, Equatable {
        /// Not at all.
        case none
        /// Once, with these bytes.
        case once(ArraySlice<UInt8>)
        /// More than once.
        case repeated
    }

    private struct Place: Sendable, Equatable {
        let nameStart: Int
        let valueStart: Int
        let end: Int
        /// What two names that differ mostly differ in: see ``key(_:_:_:)``.
        let key: UInt32
    }

    private var bytes: [UInt8] = []
    private var places: [Place] = []

    /// No fields.
    package init() {}

    /// No fields, with room for so many bytes of names and values, and so many fields.
    init(reservingBytes byteCount: Int, fields fieldCount: Int) {
        bytes.reserveCapacity(byteCount)
        places.reserveCapacity(fieldCount)
    }

    /// Adds a field at the end.
    package mutating func append(_ name: String, _ value: String) {
        append(name: name.utf8, value: value.utf8)
    }

    /// Adds a field at the end, byte for byte.
    package mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        let key =
            valueStart == nameStart
            ? 0 : Self.key(valueStart - nameStart, first: bytes[nameStart], last: bytes[valueStart - 1])
        places.append(Place(nameStart: nameStart, valueStart: valueStart, end: bytes.count, key: key))
    }

    /// The values of every field of that name, whatever its case, in order.
    package func values(of name: String) -> [[UInt8]] {
        var values: [[UInt8]] = []
        forEach(name) { values.append(Array(bytes[$0.valueStart..<$0.end])) }
        return values
    }

    /// How often a field of that name stands here, whatever its case, and its value where that is once.
    package func occurrence(of name: String) -> Occurrence {
        var occurrence = Occurrence.none
        forEach(name) { place in
            occurrence = occurrence == .none ? .once(bytes[place.valueStart..<place.end]) : .repeated
        }
        return occurrence
    }

    /// How many fields have that name, whatever its case.
    package func count(of name: String) -> Int {
        var count = 0
        forEach(name) { _ in count += 1 }
        return count
    }

    /// The value of the first field of that name, whatever its case; bytes that are not UTF-8 are replaced.
    package func firstText(of name: String) -> String? {
        var first: Place?
        forEach(name) { first = first ?? $0 }
        return first.map { String(decoding: bytes[$0.valueStart..<$0.end], as: UTF8.self) }
    }

    /// Whether `body` holds for each field, given as C strings, and none has a byte that cannot stand in one.
    func allSatisfyAsText(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Bool) -> Bool {
        guard !bytes.contains(0) else { return false }
        var text: [UInt8] = []
        for place in places {
            text.removeAll(keepingCapacity: true)
            text.append(contentsOf: bytes[place.nameStart..<place.valueStart])
            text.append(0)
            text.append(contentsOf: bytes[place.valueStart..<place.end])
            text.append(0)
            let valueOffset = place.valueStart - place.nameStart + 1
            let holds = unsafe text.withUnsafeBufferPointer { buffer in
                unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                    guard let name = characters.baseAddress else { return false }
                    return unsafe body(name, name + valueOffset)
                }
            }
            if !holds { return false }
        }
        return true
    }

    /// What the fields take on the wire, in bytes: name + value + 4 each.
    package var wireBytes: Int { bytes.count + 4 * places.count }

    /// Whether every name is a token, as RFC 9110, 5.6.2 has it; `Content-Length ` with a space is none.
    var namesAreTokens: Bool {
        places.allSatisfy { place in
            place.valueStart > place.nameStart
                && bytes[place.nameStart..<place.valueStart].allSatisfy(\.isTokenCharacter)
        }
    }

    /// Calls `body` for each field of that name, whatever its case.
    private func forEach(_ name: String, _ body: (Place) -> Void) {
        let wanted = name.utf8Span.span
        guard !wanted.isEmpty else { return }
        let key = Self.key(wanted.count, first: wanted[0], last: wanted[wanted.count - 1])
        let places = places.span
        let bytes = bytes.span
        for index in places.indices where places[index].key == key {
            let place = places[index]
            if Self.areEqual(bytes.extracting(place.nameStart..<place.valueStart), wanted) { body(place) }
        }
    }

    /// A number that tells most names apart without looking at all of their bytes: the length and both ends.
    private static func key(_ count: Int, first: UInt8, last: UInt8) -> UInt32 {
        UInt32(truncatingIfNeeded: count) << 16 | UInt32(first.lowercasedASCII) << 8 | UInt32(last.lowercasedASCII)
    }

    private static func areEqual(_ name: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard name.count == other.count else { return false }
        for index in name.indices where name[index].lowercasedASCII != other[index].lowercasedASCII { return false }
        return true
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    /// Writes fields down, in that order.
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements {
            append(name, value)
        }
    }
}

extension HeaderFields: RandomAccessCollection {
    /// The place of the first field.
    package var startIndex: Int { 0 }
    /// The place after the last field.
    package var endIndex: Int { places.count }

    /// The field at a place.
    package subscript(index: Int) -> Field {
        let place = places[index]
        return Field(
            name: String(decoding: bytes[place.nameStart..<place.valueStart], as: UTF8.self),
            value: Array(bytes[place.valueStart..<place.end])
        )
    }
}

extension UInt8 {
    /// The letter in lower case, where it is an ASCII letter.
    fileprivate var lowercasedASCII: UInt8 {
        (0x41...0x5A).contains(self) ? self | 0x20 : self
    }

    /// A `tchar` of RFC 9110, 5.6.2.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
