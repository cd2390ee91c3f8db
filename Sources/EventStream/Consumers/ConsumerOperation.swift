import JSONText
import Posix

/// What a client says about consumers, beside `subscribe`.
enum ConsumerOperation: Equatable, Sendable {
    /// The operations, as `"op"` has them.
    static let names = ["ack", "nak", "progress", "term", "consumers", "consumer", "parked"]
    /// The longest delay of a `nak`.
    static let delayMax = Duration.seconds(24 * 3600)
    /// The most bytes of the reason of a `term`.
    static let reasonBytesMax = 1_024

    /// Which of the parked events.
    enum Parked: Equatable, Sendable {
        case all
        case one(UInt64)
    }

    case ack(UInt64, isSync: Bool)
    case nak(UInt64, delay: Duration, reason: String?)
    case progress(UInt64)
    case term(UInt64, reason: String)
    /// All of them, and where each is with an event, if one is named.
    case list(event: UInt64?)
    case show(ConsumerName)
    case create(SubscriptionRequest)
    case delete(ConsumerName)
    case reset(ConsumerName, SubscriptionRequest.Start)
    case listParked(ConsumerName)
    case retryParked(ConsumerName, Parked)
    case dropParked(ConsumerName, Parked)

    /// Reads a line whose `"op"` is one of ``names``.
    ///
    /// - Throws: ``Refusal``, `bad_option`.
    init(_ op: String, _ members: JSONObjectMembers, in line: [UInt8]) throws(Refusal) {
        let options = Options(members: members, line: line)
        switch op {
        case "ack":
            try options.check(["id", "sync"])
            self = .ack(try options.id, isSync: try options.flag("sync"))
        case "nak":
            try options.check(["id", "delay_s", "reason"])
            let reason = options.option("reason") == nil ? nil : try options.reason
            self = .nak(try options.id, delay: try options.delay, reason: reason)
        case "progress":
            try options.check(["id"])
            self = .progress(try options.id)
        case "term":
            try options.check(["id", "reason"])
            self = .term(try options.id, reason: try options.reason)
        case "consumers":
            try options.check(["event"])
            let event = options.option("event")
            self = .list(event: try event.map { (event) throws(Refusal) in try event.id(in: line.span) })
        case "consumer": self = try Self.consumer(options, members, in: line)
        default: self = try Self.parked(options)
        }
    }

    private static func consumer(
        _ options: Options,
        _ members: JSONObjectMembers,
        in line: [UInt8]
    ) throws(Refusal) -> ConsumerOperation {
        switch try options.string("action") {
        case "show":
            try options.check(["action", "consumer"])
            return .show(try options.consumer)
        case "create":
            let request = try SubscriptionRequest(members, in: line.span, ignoring: ["action"])
            guard request.end == .never, request.count == nil else {
                throw Refusal(.badOption, "\"until\" and \"count\" belong to a subscription: leave them out here")
            }
            return .create(request)
        case "delete":
            try options.check(["action", "consumer"])
            return .delete(try options.consumer)
        case "reset":
            try options.check(["action", "consumer", "after", "from"])
            let consumer = try options.consumer
            if let after = options.option("after") { return .reset(consumer, .after(try after.id(in: line.span))) }
            guard let from = options.option("from") else {
                throw Refusal(.badOption, "say where to: \"after\" with an id, or \"from\" with first, new or a time")
            }
            return .reset(consumer, try from.start(in: line.span))
        default:
            throw Refusal(.badOption, "\"action\" has to be \"show\", \"create\", \"delete\" or \"reset\"")
        }
    }

    private static func parked(_ options: Options) throws(Refusal) -> ConsumerOperation {
        try options.check(["action", "consumer", "id"])
        let consumer = try options.consumer
        switch try options.string("action") {
        case "list": return .listParked(consumer)
        case "retry": return .retryParked(consumer, try options.parked)
        case "drop": return .dropParked(consumer, try options.parked)
        default: throw Refusal(.badOption, "\"action\" has to be \"list\", \"retry\" or \"drop\"")
        }
    }
}

/// The options of one line.
private struct Options {
    let members: JSONObjectMembers
    let line: [UInt8]

    func option(_ name: String) -> OptionReader? {
        members.value(of: name).map { OptionReader(name: name, value: $0) }
    }

    func check(_ allowed: [String]) throws(Refusal) {
        for member in members where !(["op", "ref"] + allowed).contains(member.name ?? "") {
            throw Refusal(
                .badOption,
                "there is no such option; there is \((allowed + ["ref"]).joined(separator: ", "))"
            )
        }
    }

    func string(_ name: String) throws(Refusal) -> String {
        guard let option = option(name) else { throw Refusal(.badOption, "\"\(name)\" is missing") }
        return try option.string(in: line.span)
    }

    func flag(_ name: String) throws(Refusal) -> Bool {
        guard let option = option(name) else { return false }
        return try option.flag(in: line.span)
    }

    var id: UInt64 {
        get throws(Refusal) {
            guard let option = option("id") else { throw Refusal(.badOption, "\"id\" is missing: the event's id") }
            return try option.id(in: line.span)
        }
    }

    var delay: Duration {
        get throws(Refusal) {
            guard let option = option("delay_s") else { return .zero }
            return try option.seconds(in: line.span, atMost: ConsumerOperation.delayMax)
        }
    }

    var reason: String {
        get throws(Refusal) {
            guard let option = option("reason") else { return "terminated" }
            let reason = try option.string(in: line.span)
            guard reason.utf8.count <= ConsumerOperation.reasonBytesMax else {
                throw option.wrong("a text of at most \(ConsumerOperation.reasonBytesMax) bytes")
            }
            return reason
        }
    }

    var consumer: ConsumerName {
        get throws(Refusal) {
            guard let option = option("consumer") else {
                throw Refusal(.badOption, "\"consumer\" is missing: its name")
            }
            return try option.consumer(in: line.span)
        }
    }

    var parked: ConsumerOperation.Parked {
        get throws(Refusal) {
            guard let option = option("id") else {
                throw Refusal(.badOption, "\"id\" is missing: the id of a parked event, or \"all\"")
            }
            if (try? option.string(in: line.span)) == "all" { return .all }
            return .one(try option.id(in: line.span))
        }
    }
}
