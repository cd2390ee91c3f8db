import Posix

/// Why a query for events is not carried out, for the one who asked.
package struct EventQueryRefusal: Error, Equatable, Sendable {
    /// The word for programs, as of an `error` frame.
    package let code: String
    /// What is wrong and what to do.
    package let message: String
}

/// Which events somebody wants who is no client of the socket: its options as names and values of text.
package struct EventQuery: Equatable, Sendable {
    /// The options there are.
    package static let names = [
        "after", "from", "follow", "count", "types", "endpoint", "submission", "status", "tag", "source",
    ]

    /// Whether events are wanted that are yet to come.
    package private(set) var follows = false
    private(set) var request = SubscriptionRequest()

    /// Reads a query's options.
    ///
    /// Without a start it is the first event, or for one that follows the next.
    ///
    /// - Parameters:
    ///   - items: The options, of which each may occur once; `types` is a list with commas.
    ///   - lastID: The last id that the one who asks has seen, which counts more than what the options say; nil for none.
    /// - Throws: ``EventQueryRefusal``, `bad_option`.
    package init(_ items: [(name: String, value: String)], lastID: String?) throws(EventQueryRefusal) {
        var seen: Set<String> = []
        for (name, value) in items {
            guard Self.names.contains(name) else {
                throw Self.bad("there is no such parameter; there is \(Self.names.joined(separator: ", "))")
            }
            guard seen.insert(name).inserted else { throw Self.bad("\"\(name)\" occurs twice: give it once") }
            try read(name, value)
        }
        guard !seen.isSuperset(of: ["after", "from"]) else {
            throw Self.bad("\"after\" and \"from\" exclude each other: give one of them")
        }
        if let lastID {
            guard let id = EventID.parse(lastID) else {
                throw Self.bad("Last-Event-ID has to be an event's id, 41: leave it out to begin anew")
            }
            request.start = .after(id)
        } else if seen.isDisjoint(with: ["after", "from"]) {
            request.start = follows ? .new : .first
        }
        request.end = follows ? .never : .now
    }

    private mutating func read(_ name: String, _ value: String) throws(EventQueryRefusal) {
        switch name {
        case "after":
            guard let id = EventID.parse(value) else { throw Self.bad("\"after\" has to be an event's id, after=41") }
            request.start = .after(id)
        case "from":
            switch value {
            case "first": request.start = .first
            case "new": request.start = .new
            default:
                guard let time = WallTime(rfc3339: value) else {
                    throw Self.bad(
                        "\"from\" has to be first, new or a time, from=2026-11-22T14:17:00Z (a + in it is written %2B)"
                    )
                }
                request.start = .time(time)
            }
        case "follow":
            guard ["1", "true", "0", "false"].contains(value) else { throw Self.bad("\"follow\" has to be 1 or 0") }
            follows = value == "1" || value == "true"
        case "count":
            guard let count = Int(value), count >= 1 else { throw Self.bad("\"count\" has to be a number, 1 or more") }
            request.count = count
        case "types":
            let texts = value.split(separator: ",", omittingEmptySubsequences: false)
            let globs = texts.compactMap { Glob(String($0)) }
            guard globs.count == texts.count, globs.count <= EventFilter.typesMax else {
                throw Self.bad(
                    "\"types\" has to be 1 to \(EventFilter.typesMax) types with commas, types=fal.request.*,fal.media.saved"
                )
            }
            request.filter.types = globs
        case "endpoint": request.filter.endpoint = try Self.glob(name, value)
        case "submission": request.filter.submission = try Self.glob(name, value)
        case "status":
            guard let status = EventFilter.Status(rawValue: value) else {
                throw Self.bad("\"status\" has to be OK or ERROR")
            }
            request.filter.status = status
        case "tag": request.filter.tag = value
        default: request.source = value
        }
    }

    private static func glob(_ name: String, _ value: String) throws(EventQueryRefusal) -> Glob {
        guard let glob = Glob(value) else {
            throw bad("\"\(name)\" has to be a text of 1 to \(Glob.bytesMax) bytes in which * stands for any text")
        }
        return glob
    }

    private static func bad(_ message: String) -> EventQueryRefusal {
        EventQueryRefusal(code: StreamErrorCode.badOption.rawValue, message: message)
    }
}
