import JSONText

extension WorkBook.Line {
    /// The most bytes of a reason, which the service takes and `falconer consumers parked list` shows.
    static let reasonBytesMax = 1_000

    /// The line as the service reads it, without its line feed.
    var bytes: [UInt8] {
        var writer = JSONObjectWriter()
        switch self {
        case .ack(let id): Self.begin("ack", id, &writer)
        case .progress(let id): Self.begin("progress", id, &writer)
        case .nak(let id, let delay, let reason):
            Self.begin("nak", id, &writer)
            writer.member("delay_s", json: Array("\(delay / .seconds(1))".utf8))
            writer.member("reason", Self.cut(reason))
        case .term(let id, let reason):
            Self.begin("term", id, &writer)
            writer.member("reason", Self.cut(reason))
        }
        return writer.bytes
    }

    /// An acknowledgement that is answered once it is on the service's disk, and everything before it.
    static func synced(_ id: UInt64) -> [UInt8] {
        var writer = JSONObjectWriter()
        begin("ack", id, &writer)
        writer.member("sync", true)
        return writer.bytes
    }

    private static func begin(_ op: String, _ id: UInt64, _ writer: inout JSONObjectWriter) {
        writer.member("op", op)
        writer.member("id", "\(id)")
    }

    private static func cut(_ reason: String) -> String {
        var text = ""
        for character in reason {
            guard text.utf8.count + character.utf8.count <= reasonBytesMax else { break }
            text.append(character)
        }
        return text
    }
}
