/// What a model takes, as far as it can be checked without the model.
package struct InputSchema: Sendable, Hashable {
    /// What one key takes.
    package enum Rule: Sendable, Hashable {
        /// A text that is not only white space.
        case text
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// One of these texts.
        case choice([String])
        /// A list of so many texts.
        case texts(ClosedRange<Int>)
        /// True or false.
        case boolean
    }

    /// Whether a key must be there.
    package enum Presence: Sendable, Hashable {
        case required
        /// It may be left out; then the model takes this.
        case optional(default: String)
    }

    /// One key.
    package struct Field: Sendable, Hashable {
        /// The key.
        package let name: String
        /// What it takes.
        package let rule: Rule
        /// Whether it must be there.
        package let presence: Presence

        /// Describes one key.
        package init(_ name: String, _ rule: Rule, _ presence: Presence) {
            self.name = name
            self.rule = rule
            self.presence = presence
        }
    }

    /// The keys that are known; others are warned about, since fal does not forbid them.
    package let fields: [Field]

    /// Describes an input.
    package init(_ fields: [Field]) {
        self.fields = fields
    }
}

extension InputSchema.Rule: CustomStringConvertible {
    /// What is allowed, for people.
    package var description: String {
        switch self {
        case .text: "a text that is not empty"
        case .texts(let range): "a list of \(range.lowerBound) to \(range.upperBound) texts"
        case .boolean: "true or false"
        case .integer(let range) where range.upperBound == .max: "a whole number, \(range.lowerBound) or more"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let texts): texts.joined(separator: ", ")
        }
    }
}
