extension String {
    /// Whether it is the same text byte for byte; `==` holds different spellings of a character for equal.
    package func hasSameBytes(as other: String) -> Bool {
        let (own, others) = (utf8Span.span, other.utf8Span.span)
        guard own.count == others.count else { return false }
        for index in own.indices where own[index] != others[index] { return false }
        return true
    }
}
