/// Header fields in the order they were written, found by name whatever its case.
package struct HTTPHeaders: Sendable, Equatable {
    private var fields: [Field] = []

    private struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Makes an empty list.
    package init() {}

    /// Adds a field at the end, next to others of that name.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field of that name.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    /// The values of every field of that name, in order.
    package func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// Makes a list of the fields written down, in that order.
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements {
            add(name, value)
        }
    }
}

extension HTTPHeaders: Collection {
    /// The place of the first field.
    package var startIndex: Int { fields.startIndex }
    /// The place after the last field.
    package var endIndex: Int { fields.endIndex }

    /// The place after that one.
    package func index(after index: Int) -> Int { index + 1 }

    /// The name and the value at a place.
    package subscript(index: Int) -> (name: String, value: String) {
        (fields[index].name, fields[index].value)
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomReflectable {
    /// The names without the values, which may be keys.
    package var description: String { fields.map(\.name).joined(separator: ", ") }

    /// Shows nothing, so that `dump` does not either.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
