import Journal
import Posix

/// The requests of one endpoint that fal lists, by their inputs: read once for all uncertain submissions to it.
struct RequestCensus: Sendable {
    /// How long it serves, microseconds.
    static let ageMax: Int64 = 10_000_000
    /// The most pages of the list that are read.
    static let pagesMax = 100

    /// When it was taken, on the clock that counts up.
    let takenAt: Int64
    /// The earliest request that it may hold.
    let from: WallTime
    /// The latest.
    let until: WallTime
    /// Whether the list was read to its end.
    var isWhole = false
    private var ids: [EventKey: [String]] = [:]

    /// A census of nobody yet.
    init(takenAt: Int64, from: WallTime, until: WallTime) {
        self.takenAt = takenAt
        self.from = from
        self.until = until
    }

    /// Takes in a request.
    mutating func add(_ requestID: String, input: [UInt8]) {
        guard let key = Self.key(input) else { return }
        ids[key, default: []].append(requestID)
    }

    /// The requests that had this input.
    func requests(with input: [UInt8]) -> [String] { Self.key(input).flatMap { ids[$0] } ?? [] }

    /// Whether it can tell of a submission that was on its way in this time.
    func covers(from: WallTime, until: WallTime, now: Int64) -> Bool {
        self.from <= from && self.until >= until && now - takenAt <= Self.ageMax
    }

    private static func key(_ input: [UInt8]) -> EventKey? {
        CanonicalJSON.bytes(input).map { EventKey(hashing: String(decoding: $0, as: UTF8.self)) }
    }
}
