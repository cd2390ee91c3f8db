import JSONText

/// JSON texts in one spelling, so that equal values are equal bytes: names sorted, no white space, one form of a number.
package enum CanonicalJSON {
    /// The value in its one spelling; nil for a text that is no JSON, or holds a string that is no Unicode text.
    package static func bytes(_ text: [UInt8]) -> [UInt8]? {
        guard let summary = try? JSONText.validate(text.span) else { return nil }
        var output: [UInt8] = []
        return append(summary.value, of: text, to: &output) ? output : nil
    }

    /// Recurses no deeper than ``JSONText/JSONText/depthMax``, which the text was found to keep.
    private static func append(_ slice: JSONValueSlice, of text: [UInt8], to output: inout [UInt8]) -> Bool {
        switch slice.kind {
        case .null, .boolean:
            output += text[slice.range]
        case .number:
            output += number(String(decoding: text[slice.range], as: UTF8.self)).utf8
        case .string:
            guard let string = try? JSONText.string(slice, in: text.span) else { return false }
            JSONText.appendString(string, to: &output)
        case .array:
            guard let elements = try? JSONText.elements(of: slice, in: text.span) else { return false }
            output.append(UInt8(ascii: "["))
            for element in elements {
                guard append(element, of: text, to: &output) else { return false }
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "]"))
        case .object:
            guard let members = try? JSONText.members(of: slice, in: text.span) else { return false }
            let named = members.compactMap { member in member.name.map { ($0, member.value) } }
            guard named.count == members.count else { return false }
            output.append(UInt8(ascii: "{"))
            for (name, value) in named.sorted(by: { $0.0 < $1.0 }) {
                JSONText.appendString(name, to: &output)
                output.append(UInt8(ascii: ":"))
                guard append(value, of: text, to: &output) else { return false }
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "}"))
        }
        return true
    }

    /// Beyond 2^53 different integers are the same `Double`, so there the spelling counts.
    private static func number(_ text: String) -> String {
        guard let value = Double(text), abs(value) < 9e15 else { return text }
        return value == value.rounded() ? "\(Int64(value))" : "\(value)"
    }
}
