/// The name of a consumer, which is the name of its file as well.
struct ConsumerName: Hashable, Sendable, Comparable {
    /// The most bytes of a name.
    static let bytesMax = 64

    let text: String

    /// Nil when the text is not 1 to 64 of A–Z, a–z, 0–9, `.`, `_`, `-`, or begins with a dot.
    init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "."),
            text.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = text
    }

    /// The name of a file in the consumers' directory; nil when it is not a consumer's.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        self.init(String(fileName.dropLast(Self.suffix.count)))
    }

    var fileName: String { text + Self.suffix }

    /// The name of the file with the times of its acknowledgements.
    var acksFileName: String { text + ".acks" }

    static func < (left: ConsumerName, right: ConsumerName) -> Bool { left.text < right.text }

    private static let suffix = ".json"

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
