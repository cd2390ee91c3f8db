/// The last line that a command wrote to its standard error, as a value.
struct ErrorTail {
    /// How much of the end is kept.
    static let bytesMax = 1_024
    /// How much of the last line is shown.
    static let charactersMax = 200

    private var bytes: [UInt8] = []

    /// The command wrote more.
    mutating func append(_ piece: [UInt8]) {
        bytes += piece
        if bytes.count > Self.bytesMax { bytes.removeFirst(bytes.count - Self.bytesMax) }
    }

    /// The last line that is not blank, with a replacement for each control character; nil when there is none.
    var lastLine: String? {
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            let scalars = String(decoding: line, as: UTF8.self).unicodeScalars.map { scalar in
                scalar.properties.generalCategory == .control ? " " : Character(scalar)
            }
            let text = String(scalars.drop { $0 == " " }.prefix(Self.charactersMax))
            if !text.isEmpty { return text }
        }
        return nil
    }
}
