/// What a schema allows, in words.
struct SchemaText {
    /// The deepest nesting that is put into words.
    static let depthMax = 3
    /// The most choices that are listed of those that are schemas.
    static let choicesMax = 8
    /// The most values that are listed.
    static let valuesMax = 200

    private let document: ModelDocument
    private let work: SchemaWork

    /// Words for the schemas of a document, until the work is spent.
    init(_ document: ModelDocument, work: SchemaWork) {
        self.document = document
        self.work = work
    }

    /// The ends of a range of numbers, in either form that the keywords have.
    struct Bounds {
        /// The least, or what is below it.
        let lower: Double?
        /// The most, or what is above it.
        let upper: Double?
        /// Whether the lower end itself is not allowed.
        let isLowerExcluded: Bool
        /// Whether the upper end itself is not allowed.
        let isUpperExcluded: Bool

        /// Reads `minimum` and `exclusiveMinimum`, a boolean in OpenAPI 3.0 and a number in 3.1, and the like for the
        /// other end; fal's files mix both.
        init(_ schema: SchemaNode) {
            (lower, isLowerExcluded) = Self.end(schema["minimum"]?.double, schema["exclusiveMinimum"]) { max($0, $1) }
            (upper, isUpperExcluded) = Self.end(schema["maximum"]?.double, schema["exclusiveMaximum"]) { min($0, $1) }
        }

        private static func end(
            _ inclusive: Double?,
            _ exclusive: SchemaNode?,
            _ narrower: (Double, Double) -> Double
        ) -> (Double?, Bool) {
            guard let bound = exclusive?.double else { return (inclusive, exclusive?.isTrue ?? false) }
            guard let inclusive else { return (bound, true) }
            return (narrower(inclusive, bound), narrower(inclusive, bound) == bound)
        }
    }

    /// One line that says what is allowed.
    func allowed(_ schema: SchemaNode, depth: Int = 0) -> String {
        guard depth < Self.depthMax, work.spend(1), let schema = document.resolve(schema) else { return "any value" }
        if case .array(let choices)? = schema["enum"] { return Self.list(choices) }
        if let constant = schema["const"] { return constant.plainPhrase }
        for keyword in ["anyOf", "oneOf"] {
            guard let choices = schema[keyword]?.elements, !choices.isEmpty else { continue }
            return oneOf(choices, depth: depth + 1)
        }
        if let parts = schema["allOf"]?.elements, let first = parts.first, schema["type"] == nil {
            return allowed(first, depth: depth + 1)
        }
        switch schema["type"]?.text {
        case "integer": return "a whole number" + range(schema)
        case "number": return "a number" + range(schema)
        case "boolean": return "true or false"
        case "string": return text(schema)
        case "array":
            let items = schema["items"].map { allowed($0, depth: depth + 1) } ?? "any value"
            return "a list" + count(schema, "minItems", "maxItems") + " of: " + items
        case "object":
            let names = (schema["properties"]?.members ?? []).map { SchemaNode.string($0.name) }
            return names.isEmpty ? "an object" : "an object with \(Self.list(names))"
        case "null": return "null"
        default: return "any value"
        }
    }

    /// One line for several schemas of which one has to fit.
    func oneOf(_ choices: [SchemaNode], depth: Int = 0) -> String {
        let listed = choices.prefix(Self.choicesMax).map { allowed($0, depth: depth) }.filter { $0 != "null" }
        return listed.joined(separator: "; or ") + (choices.count > Self.choicesMax ? "; or …" : "")
    }

    private static func list(_ values: [SchemaNode]) -> String {
        let listed = values.prefix(valuesMax).map(\.plainPhrase).joined(separator: ", ")
        return listed + (values.count > valuesMax ? ", …" : "")
    }

    private func text(_ schema: SchemaNode) -> String {
        if schema["format"]?.text == "uri" { return "a URL" }
        let length = count(schema, "minLength", "maxLength")
        let pattern = schema["pattern"]?.text.map { " that fits \(oneLine($0, charactersMax: 80))" } ?? ""
        return "a text" + (length.isEmpty ? "" : length + " characters") + pattern
    }

    private func count(_ schema: SchemaNode, _ least: String, _ most: String) -> String {
        switch (schema[least]?.integer, schema[most]?.integer) {
        case (let least?, let most?): " of \(least) to \(most)"
        case (let least?, nil): " of at least \(least)"
        case (nil, let most?): " of at most \(most)"
        case (nil, nil): ""
        }
    }

    private func range(_ schema: SchemaNode) -> String {
        let bounds = Bounds(schema)
        let step = schema["multipleOf"]?.double.map { ", a multiple of \(Self.plain($0))" } ?? ""
        let lower = bounds.lower.map { (bounds.isLowerExcluded ? "more than " : "at least ") + Self.plain($0) }
        let upper = bounds.upper.map { (bounds.isUpperExcluded ? "less than " : "at most ") + Self.plain($0) }
        if let least = bounds.lower, let most = bounds.upper, !bounds.isLowerExcluded, !bounds.isUpperExcluded {
            return " from \(Self.plain(least)) to \(Self.plain(most))" + step
        }
        let ends = [lower, upper].compactMap { $0 }
        return (ends.isEmpty ? "" : ", " + ends.joined(separator: " and ")) + step
    }

    private static func plain(_ number: Double) -> String {
        number.rounded() == number && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }
}

extension SchemaNode {
    /// The value as a person types it: a text without quotes.
    fileprivate var plainPhrase: String {
        guard let text else { return phrase }
        // A text that would be read as something else is told apart from it: "2" is allowed, 2 is not.
        let isOther = Double(text) != nil || ["true", "false", "null"].contains(text)
        return isOther ? phrase : oneLine(text, charactersMax: 60)
    }
}
