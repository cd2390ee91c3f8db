/// One name and its value in an object.
package struct JSONMember: Equatable, Sendable {
    /// The name, escapes resolved; `nil` if it is no Unicode text (it escapes half a surrogate pair).
    package let name: String?

    /// Where the name stands, quotes included.
    package let nameRange: Range<Int>

    /// Where the value stands.
    package let value: JSONValueSlice
}

/// The members of one object, in the order of the text, repeated names included.
package struct JSONObjectMembers: Equatable, Sendable, RandomAccessCollection {
    /// The object itself.
    package let object: JSONValueSlice

    /// Whether the scanned bytes hold no line feed and no carriage return between tokens.
    ///
    /// For ``JSONText/members(of:depthMax:)`` that is the whole text, for a slice only the slice.
    package let isSingleLine: Bool

    let members: [JSONMember]

    /// The first index.
    package var startIndex: Int { 0 }

    /// The number of members.
    package var endIndex: Int { members.count }

    /// The member at a position.
    package subscript(position: Int) -> JSONMember { members[position] }

    /// The value of the first member of that name, `nil` if there is none.
    ///
    /// Names are compared code point by code point (RFC 8259 §8.3), not by canonical equivalence as `String` does.
    package func value(of name: String) -> JSONValueSlice? {
        members.first { $0.isNamed(name) }?.value
    }

    /// How many members have that name; more than one is legal JSON and means something else to every reader.
    package func count(of name: String) -> Int {
        members.count { $0.isNamed(name) }
    }

    /// Whether a name occurs more than once; a name that is no Unicode text is not looked at.
    package var hasRepeatedName: Bool {
        var seen: Set<[UInt8]> = []
        return !members.allSatisfy { member in
            member.name.map { seen.insert(Array($0.utf8)).inserted } ?? true
        }
    }
}

extension JSONMember {
    fileprivate func isNamed(_ wanted: String) -> Bool {
        name?.hasSameBytes(as: wanted) ?? false
    }
}
