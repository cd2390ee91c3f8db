/// A pattern for whole attribute values: `*` stands for any text, also none and also across `/` and `.`; everything else
/// stands for itself.
package struct Glob: Equatable, Sendable {
    /// The most bytes of a pattern.
    package static let bytesMax = 512

    private let pattern: [UInt8]

    /// The pattern as it was given.
    var text: String { String(decoding: pattern, as: UTF8.self) }

    /// Nil when the pattern is empty or too long.
    package init?(_ pattern: String) {
        guard !pattern.isEmpty, pattern.utf8.count <= Self.bytesMax else { return nil }
        self.pattern = Array(pattern.utf8)
    }

    /// Whether the whole text fits.
    package func matches(_ text: ArraySlice<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        var inPattern = 0
        var inText = text.startIndex
        var afterStar: (pattern: Int, text: Int)?
        while inText < text.endIndex {
            if inPattern < pattern.count, pattern[inPattern] == star {
                inPattern += 1
                afterStar = (inPattern, inText)
            } else if inPattern < pattern.count, pattern[inPattern] == text[inText] {
                inPattern += 1
                inText += 1
            } else if let (patternAfter, textAfter) = afterStar {
                // Only the last star ever has to take more: what came before it matched already.
                afterStar = (patternAfter, textAfter + 1)
                inPattern = patternAfter
                inText = textAfter + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == star }
    }
}
