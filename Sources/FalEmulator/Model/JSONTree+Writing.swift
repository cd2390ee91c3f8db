import JSONText

extension JSONTree {
    enum Style {
        case compact
        case python
        case pythonSorted

        var comma: String { self == .compact ? "," : ", " }
        var colon: String { self == .compact ? ":" : ": " }
    }

    func append(to output: inout [UInt8], _ style: Style) {
        switch self {
        case .null: output += "null".utf8
        case .boolean(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += "\(value)".utf8
        case .double(let value): output += Self.pythonText(of: value).utf8
        case .number(let text): output += text.utf8
        case .string(let text): Self.append(text, to: &output, style)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output += style.comma.utf8 }
                element.append(to: &output, style)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in Self.ordered(members, style).enumerated() {
                if index > 0 { output += style.comma.utf8 }
                Self.append(member.0, to: &output, style)
                output += style.colon.utf8
                member.1.append(to: &output, style)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Python orders strings by code points, and UTF-8 has the same order; Swift's `<` on strings has another.
    private static func ordered(_ members: [(String, JSONTree)], _ style: Style) -> [(String, JSONTree)] {
        guard style == .pythonSorted else { return members }
        return members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    private static func append(_ text: String, to output: inout [UInt8], _ style: Style) {
        guard style != .compact else { return JSONText.appendString(text, to: &output) }
        output.append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            switch unit {
            case 0x22: output += #"\""#.utf8
            case 0x5C: output += #"\\"#.utf8
            case 0x08: output += #"\b"#.utf8
            case 0x09: output += #"\t"#.utf8
            case 0x0A: output += #"\n"#.utf8
            case 0x0C: output += #"\f"#.utf8
            case 0x0D: output += #"\r"#.utf8
            case 0x20...0x7E: output.append(UInt8(unit))
            default:
                let hex = String(unit, radix: 16)
                output += #"\u"#.utf8
                output += String(repeating: "0", count: 4 - hex.count).utf8
                output += hex.utf8
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A float as Python's `repr` has it: the shortest digits that read back as the same, with an exponent from 1e16 on and
    /// below 1e-4 (https://docs.python.org/3/library/functions.html#repr, `float_repr_style`).
    ///
    /// Swift takes the same digits, and an exponent from 2^53 on already; what lies between is whole.
    private static func pythonText(of value: Double) -> String {
        let isBetween = value.magnitude >= 9_007_199_254_740_992 && value.magnitude < 1e16
        return isBetween ? "\(Int64(value)).0" : "\(value)"
    }
}
