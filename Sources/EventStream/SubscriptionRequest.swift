import JSONText
import Posix

/// What a `subscribe` line asks for.
struct SubscriptionRequest: Equatable, Sendable {
    enum Start: Equatable, Sendable {
        /// With the first event that is kept.
        case first
        /// With the next event that becomes durable.
        case new
        /// Behind the event of that id.
        case after(UInt64)
        /// With the first event of that time or later.
        case time(WallTime)
    }

    enum End: Equatable, Sendable {
        /// Never: the subscription is live.
        case never
        /// With the last event that is durable when the subscription begins.
        case now
        /// With the event of that id.
        case id(UInt64)
    }

    var start = Start.new
    var end = End.never
    /// How many events at most.
    var count: Int?
    var filter = EventFilter()
    /// The journal that `after` belongs to.
    var source: String?
    /// The named consumer to take part in.
    var consumer: ConsumerRequest?

    /// Reads the options of a line.
    ///
    /// - Throws: ``Refusal``, `bad_option`.
    init(_ members: JSONObjectMembers, in line: Span<UInt8>, ignoring ignored: [String] = []) throws(Refusal) {
        var isStartGiven = false
        consumer = try ConsumerRequest(members, in: line)
        for member in members {
            let option = OptionReader(name: member.name ?? "", value: member.value)
            switch option.name {
            case "op", "ref": continue
            case let name where ignored.contains(name): continue
            case "after", "from":
                guard !isStartGiven else {
                    throw Refusal(.badOption, "\"after\" and \"from\" exclude each other: give one of them")
                }
                isStartGiven = true
                start = option.name == "after" ? .after(try option.id(in: line)) : try option.start(in: line)
            case "until": end = try option.end(in: line)
            case "count": count = try option.count(in: line)
            case "types": filter.types = try option.globs(in: line)
            case "endpoint": filter.endpoint = try option.glob(in: line)
            case "submission": filter.submission = try option.glob(in: line)
            case "status": filter.status = try option.status(in: line)
            case "tag": filter.tag = try option.string(in: line)
            case "source": source = try option.string(in: line)
            case let name where ConsumerRequest.options.contains(name): continue
            default:
                throw Refusal(
                    .badOption,
                    "subscribe has no such option; it has \(Self.options.joined(separator: ", ")), ref"
                )
            }
        }
        self.isStartGiven = isStartGiven
    }

    /// Whether the line says where to start; a consumer that exists goes on where it is.
    private(set) var isStartGiven = false

    /// Everything from now on.
    init() {}

    private static let options =
        [
            "after", "from", "until", "count", "types", "endpoint", "submission", "status", "tag", "source",
        ] + ConsumerRequest.options
}

/// One option of a line and the forms it may have.
struct OptionReader {
    let name: String
    let value: JSONValueSlice

    func string(in line: Span<UInt8>) throws(Refusal) -> String {
        do throws(JSONTextError) {
            return try JSONText.string(value, in: line)
        } catch {
            throw wrong("a string")
        }
    }

    func id(in line: Span<UInt8>) throws(Refusal) -> UInt64 {
        guard let id = EventID.parse(try string(in: line)) else { throw wrong("an event's id in quotes, \"41\"") }
        return id
    }

    func start(in line: Span<UInt8>) throws(Refusal) -> SubscriptionRequest.Start {
        switch try string(in: line) {
        case "first": return .first
        case "new": return .new
        case let text:
            guard let time = WallTime(rfc3339: text) else {
                throw wrong("\"first\", \"new\" or a time, \"2026-11-22T14:17:00Z\"")
            }
            return .time(time)
        }
    }

    func end(in line: Span<UInt8>) throws(Refusal) -> SubscriptionRequest.End {
        let text = try string(in: line)
        if text == "now" { return .now }
        guard let id = EventID.parse(text) else { throw wrong("\"now\" or an event's id in quotes, \"41\"") }
        return .id(id)
    }

    func count(in line: Span<UInt8>) throws(Refusal) -> Int {
        guard let count = JSONText.integer(value, in: line), count >= 1 else { throw wrong("a number, 1 or more") }
        return count
    }

    func flag(in line: Span<UInt8>) throws(Refusal) -> Bool {
        guard let flag = JSONText.boolean(value, in: line) else { throw wrong("true or false") }
        return flag
    }

    func number(in line: Span<UInt8>, _ range: ClosedRange<Int>) throws(Refusal) -> Int {
        guard let number = JSONText.integer(value, in: line), range.contains(number) else {
            throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Seconds, whole or with a fraction, as milliseconds.
    func seconds(in line: Span<UInt8>, atMost limit: Duration) throws(Refusal) -> Duration {
        let text = String(decoding: value.range.map { line[$0] }, as: UTF8.self)
        let seconds = value.kind == .number ? Double(text) : nil
        guard let seconds, seconds >= 0, seconds <= Double(limit.components.seconds) else {
            throw wrong("a number of seconds from 0 to \(limit.components.seconds)")
        }
        return .milliseconds(Int64((seconds * 1_000).rounded()))
    }

    func consumer(in line: Span<UInt8>) throws(Refusal) -> ConsumerName {
        guard let consumer = ConsumerName(try string(in: line)) else {
            throw wrong(
                "a name of 1 to \(ConsumerName.bytesMax) letters, digits, '.', '_' or '-', not beginning with '.'"
            )
        }
        return consumer
    }

    func glob(in line: Span<UInt8>) throws(Refusal) -> Glob {
        guard let glob = Glob(try string(in: line)) else {
            throw wrong("a text of 1 to \(Glob.bytesMax) bytes in which * stands for any text, \"xai/*\"")
        }
        return glob
    }

    func globs(in line: Span<UInt8>) throws(Refusal) -> [Glob] {
        let elements: [JSONValueSlice]
        do throws(JSONTextError) {
            elements = try JSONText.elements(of: value, in: line)
        } catch {
            throw wrong("a list of types, [\"fal.request.*\"]")
        }
        guard (1...EventFilter.typesMax).contains(elements.count) else {
            throw wrong("a list of 1 to \(EventFilter.typesMax) types, [\"fal.request.*\"]")
        }
        var globs: [Glob] = []
        for element in elements {
            globs.append(try OptionReader(name: name, value: element).glob(in: line))
        }
        return globs
    }

    func status(in line: Span<UInt8>) throws(Refusal) -> EventFilter.Status {
        guard let status = EventFilter.Status(rawValue: try string(in: line)) else {
            throw wrong("\"OK\" or \"ERROR\"")
        }
        return status
    }

    func wrong(_ wanted: String) -> Refusal {
        Refusal(.badOption, "\"\(name)\" has to be \(wanted)")
    }
}
