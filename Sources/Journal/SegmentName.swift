/// The name of a segment's file: the first id it may hold, in 20 digits, so that names sort as ids do.
struct SegmentName: Comparable, Hashable, Sendable {
    /// The first id it may hold.
    let first: UInt64

    init(first: UInt64) {
        self.first = first
    }

    /// Reads a file name; `nil` when it is not that of a segment.
    init?(fileName: String) {
        self.init(fileName, suffix: Self.suffix)
    }

    /// Reads the name of a segment's index; `nil` when it is none.
    init?(indexFileName: String) {
        self.init(indexFileName, suffix: Self.indexSuffix)
    }

    private init?(_ fileName: String, suffix: String) {
        guard fileName.hasSuffix(suffix) else { return nil }
        let digits = fileName.utf8.dropLast(suffix.utf8.count)
        guard digits.count == 20, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let first = UInt64(String(decoding: digits, as: UTF8.self)), (1...LineFormat.sequenceMax).contains(first)
        else { return nil }
        self.first = first
    }

    /// The file's name.
    var fileName: String { digits + Self.suffix }

    /// The name of the index beside it.
    var indexFileName: String { digits + Self.indexSuffix }

    private var digits: String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }

    static func < (left: SegmentName, right: SegmentName) -> Bool {
        left.first < right.first
    }

    private static let suffix = ".jsonl"
    private static let indexSuffix = ".index"
}
