import JSONText

/// Puts an input together from flags, as compact JSON with its keys in order of their bytes.
///
/// Values are kept as they are written and never pass through a floating-point number: an integer of any size stays itself.
package struct InputBuilder: Sendable {
    /// The longest input, in bytes: 8 MiB.
    package static let bytesMax = 8 * 1024 * 1024

    private var values: [String: [UInt8]] = [:]

    /// Begins with an empty object.
    package init() {}

    /// Begins with an object that is there already.
    ///
    /// - Throws: ``InputBuilderError`` when it is no JSON object, repeats a key, or is too long.
    package init(object: [UInt8]) throws(InputBuilderError) {
        guard object.count <= Self.bytesMax else { throw .tooLong }
        let members: JSONObjectMembers
        do {
            members = try JSONText.members(of: object.span)
        } catch {
            throw error.code == .wrongKind ? .notAnObject : .notJSON(offset: error.offset)
        }
        for member in members {
            guard let name = member.name else { throw .notJSON(offset: member.nameRange.lowerBound) }
            guard values[name] == nil else { throw .repeatedKey(name) }
            values[name] = compact(object[member.value.range])
        }
    }

    /// Sets a key to a text, whatever the text looks like.
    package mutating func set(_ key: String, text: String) {
        values[key] = []
        JSONText.appendString(text, to: &values[key, default: []])
    }

    /// Sets a key to an integer.
    package mutating func set(_ key: String, integer: Int) {
        values[key] = Array(String(integer).utf8)
    }

    /// Sets a key to true or false.
    package mutating func set(_ key: String, boolean: Bool) {
        values[key] = Array((boolean ? "true" : "false").utf8)
    }

    /// Sets a key to a list of texts.
    package mutating func set(_ key: String, texts: [String]) {
        values[key] = Self.list(texts.map(Self.quoted))
    }

    /// Sets a key from `key=value`, in place of what it was: the value is taken as JSON where it is valid JSON, else as a text.
    ///
    /// So `seed=42` is a number, `loop=true` a boolean, `prompt=a cat` a text, and `prompt="42"` the text 42.
    ///
    /// - Throws: ``InputBuilderError`` when there is no key or no `=`, or the value is too long.
    package mutating func assign(_ assignment: String) throws(InputBuilderError) {
        guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
            throw .notAnAssignment(assignment)
        }
        let key = String(assignment[..<equals])
        let value = String(assignment[equals...].dropFirst())
        let bytes = Array(value.utf8)
        guard bytes.count <= Self.bytesMax else { throw .tooLong }
        if (try? JSONText.validate(bytes.span)) != nil {
            values[key] = compact(bytes[...])
        } else {
            set(key, text: value)
        }
    }

    /// Sets every key that another input has, in place of what it was.
    package mutating func merge(_ other: InputBuilder) {
        values.merge(other.values) { $1 }
    }

    /// Puts other texts in place of those that belong to URLs: under a key that ends in `_url`, or in a list under one that
    /// ends in `_urls`, where a single text that is replaced becomes a list.
    ///
    /// - Parameter replacement: The text to take instead; nil leaves it as it is.
    /// - Throws: What `replacement` throws.
    package mutating func replaceURLs<Failure: Error>(
        _ replacement: (_ text: String) throws(Failure) -> String?
    ) throws(Failure) {
        for key in values.keys.sorted() where key.hasSuffix("_url") || key.hasSuffix("_urls") {
            let json = values[key, default: []]
            guard let value = try? JSONText.validate(json.span).value else { continue }
            if let text = try? JSONText.string(value, in: json.span) {
                guard let other = try replacement(text) else { continue }
                values[key] = key.hasSuffix("_urls") ? Self.list([Self.quoted(other)]) : Self.quoted(other)
            } else if let elements = try? JSONText.elements(of: value, in: json.span) {
                var items: [[UInt8]] = []
                for element in elements {
                    let text = try? JSONText.string(element, in: json.span)
                    let other: String? = if let text { try replacement(text) } else { nil }
                    items.append(other.map(Self.quoted) ?? Array(json[element.range]))
                }
                values[key] = Self.list(items)
            }
        }
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.appendString(text, to: &bytes)
        return bytes
    }

    private static func list(_ items: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + items.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// The object.
    ///
    /// - Throws: ``InputBuilderError`` when it is too long.
    package func encoded() throws(InputBuilderError) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (key, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if bytes.count > 1 {
                bytes.append(UInt8(ascii: ","))
            }
            JSONText.appendString(key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bytes += value
        }
        bytes.append(UInt8(ascii: "}"))
        guard bytes.count <= Self.bytesMax else { throw .tooLong }
        return bytes
    }
}

/// Why an input cannot be put together.
package enum InputBuilderError: Error, Sendable, Hashable, CustomStringConvertible {
    case notJSON(offset: Int)
    case notAnObject
    case repeatedKey(String)
    case notAnAssignment(String)
    case tooLong

    /// What is wrong and what to write.
    package var description: String {
        switch self {
        case .notJSON(let offset): "the input is not valid JSON at byte \(offset)"
        case .notAnObject: "the input must be a JSON object, like {\"prompt\": \"…\"}"
        case .repeatedKey(let key): "the input has the key \(oneLine(key, charactersMax: 80)) twice"
        case .notAnAssignment(let text): "write KEY=VALUE instead of \(oneLine(text, charactersMax: 80))"
        case .tooLong: "the input is longer than \(InputBuilder.bytesMax) bytes"
        }
    }
}

/// Valid JSON without the white space between its tokens.
private func compact(_ json: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count)
    var isInString = false
    var isEscaped = false
    for byte in json {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
        } else if byte == UInt8(ascii: "\"") {
            isInString = true
        } else if byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
            continue
        }
        bytes.append(byte)
    }
    return bytes
}
