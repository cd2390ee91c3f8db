/// A pattern in which `*` stands for any text, also none and also across `/`.
struct WildcardPattern: Equatable, Sendable {
    private let pattern: [UInt8]

    /// Takes any text; one without `*` stands for itself.
    init(_ pattern: String) {
        self.pattern = Array(pattern.utf8)
    }

    /// Whether the whole text fits.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var inPattern = 0
        var inText = 0
        // Where to go on when what follows the last star does not fit: only that star ever has to take more.
        var afterStar: (pattern: Int, text: Int)?
        while inText < text.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                inPattern += 1
                afterStar = (inPattern, inText)
            } else if inPattern < pattern.count, pattern[inPattern] == text[inText] {
                inPattern += 1
                inText += 1
            } else if let resume = afterStar {
                afterStar = (resume.pattern, resume.text + 1)
                inPattern = resume.pattern
                inText = resume.text + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
