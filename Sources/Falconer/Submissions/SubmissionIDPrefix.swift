import Journal

/// The beginning of a submission's id, as a person copies it from a terminal.
package struct SubmissionIDPrefix: Equatable, Sendable {
    /// The fewest characters that mean anything.
    package static let charactersMin = 4

    private let bits: [UInt64]
    private let masks: [UInt64]

    /// Takes the first characters of a UUID, hyphens where they belong; nil for anything else, and for fewer than
    /// ``charactersMin``.
    package init?(_ text: String) {
        guard (Self.charactersMin...36).contains(text.utf8.count) else { return nil }
        var bits: [UInt64] = [0, 0]
        var masks: [UInt64] = [0, 0]
        var place = 0
        for (index, character) in text.utf8.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue, character < 0x80 else { return nil }
            bits[place / 16] |= UInt64(digit) << UInt64(60 - place % 16 * 4)
            masks[place / 16] |= 0xF << UInt64(60 - place % 16 * 4)
            place += 1
        }
        self.bits = bits
        self.masks = masks
    }

    /// Whether an id begins like this.
    package func matches(_ id: SubmissionID) -> Bool {
        id.key.high & masks[0] == bits[0] && id.key.low & masks[1] == bits[1]
    }
}
