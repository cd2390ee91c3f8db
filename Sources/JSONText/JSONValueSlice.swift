/// What a JSON value is.
package enum JSONKind: String, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean
    /// A number of any size and precision.
    case number
    /// A string.
    case string
    /// An array.
    case array
    /// An object.
    case object
}

/// Where a value stands in a text that was found valid.
package struct JSONValueSlice: Equatable, Sendable {
    /// What the value is.
    package let kind: JSONKind

    /// Its bytes, without white space around it; a string's range includes the quotes.
    package let range: Range<Int>

    /// Names a range.
    package init(kind: JSONKind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }
}

/// What one pass over a whole text finds out.
package struct JSONTextSummary: Equatable, Sendable {
    /// The one value of the text.
    package let value: JSONValueSlice

    /// Whether no line feed and no carriage return stands between tokens, so that the text fits in one line as it is.
    ///
    /// Strings never hold a raw one.
    package let isSingleLine: Bool
}
