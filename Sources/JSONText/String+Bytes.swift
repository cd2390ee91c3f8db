extension String {
    /// Whether it is the same text byte for byte; `==` holds different spellings of a character for equal.
    package func hasSameBytes(as other: String) -> Bool {
        // The length first: most strings differ there, and to look at their bytes costs more than that.
        guard utf8.count == other.utf8.count else { return false }
        let (own, others) = (utf8Span.span, other.utf8Span.span)
        for index in own.indices where own[index] != others[index] { return false }
        return true
    }
}
