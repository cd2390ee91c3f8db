/// Which events a subscriber wants, by their attributes alone; an attribute that an event does not have matches nothing.
struct EventFilter: Equatable, Sendable {
    /// The outcome of a request.
    enum Status: String, CaseIterable, Sendable {
        case succeeded = "OK"
        case failed = "ERROR"

        fileprivate var type: [UInt8] {
            switch self {
            case .succeeded: Array("fal.request.succeeded".utf8)
            case .failed: Array("fal.request.failed".utf8)
            }
        }
    }

    /// The most patterns of types.
    static let typesMax = 64

    var types: [Glob] = []
    var endpoint: Glob?
    var submission: Glob?
    var status: Status?
    var tag: String?

    /// Whether every event passes.
    var isEmpty: Bool { self == EventFilter() }

    /// Whether the line in that range of `bytes` passes; a line that is no event does, for it must not vanish.
    func matches(_ bytes: [UInt8], in line: Range<Int>) -> Bool {
        guard let ranges = AttributeRanges(bytes, in: line) else { return true }
        if !types.isEmpty {
            guard let type = ranges.type, types.contains(where: { $0.matches(bytes[type]) }) else { return false }
        }
        if let status {
            guard let type = ranges.type, bytes[type].elementsEqual(status.type) else { return false }
        }
        if let endpoint {
            guard let range = ranges.endpoint, endpoint.matches(AttributeRanges.value(bytes, range)) else {
                return false
            }
        }
        if let submission {
            guard let range = ranges.submission, submission.matches(AttributeRanges.value(bytes, range)) else {
                return false
            }
        }
        if let tag {
            guard let range = ranges.tag, AttributeRanges.value(bytes, range).elementsEqual(tag.utf8) else {
                return false
            }
        }
        return true
    }
}
