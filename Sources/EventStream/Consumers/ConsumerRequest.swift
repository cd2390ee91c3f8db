import JSONText

/// What a line asks of a named consumer; what it leaves out is as the consumer has it, or the default.
struct ConsumerRequest: Equatable, Sendable {
    /// The options of a line that are about consumers.
    static let options = [
        "consumer", "ack", "ack_wait_s", "max_in_flight", "max_deliveries", "group", "hold", "sync",
    ]

    var name: ConsumerName
    var ack: AckMode?
    var ackWait: Duration?
    var maxInFlight: Int?
    var maxDeliveries: Int?
    var isGroup: Bool?
    var holds: Bool?
    /// Whether every acknowledgement is on disk before it is answered.
    var isSync = false

    /// Reads a line's options; nil when it is about no consumer.
    ///
    /// - Throws: ``Refusal``, `bad_option`.
    init?(_ members: JSONObjectMembers, in line: Span<UInt8>) throws(Refusal) {
        guard let value = members.value(of: "consumer") else {
            for member in members where Self.options.contains(member.name ?? "") {
                let option = OptionReader(name: member.name ?? "", value: member.value)
                if option.name == "ack", (try? option.string(in: line)) == AckMode.none.rawValue { continue }
                throw Refusal(.badOption, "\"\(option.name)\" belongs to a consumer: give its name with \"consumer\"")
            }
            return nil
        }
        name = try OptionReader(name: "consumer", value: value).consumer(in: line)
        for member in members {
            let option = OptionReader(name: member.name ?? "", value: member.value)
            switch option.name {
            case "ack":
                guard let mode = AckMode(rawValue: try option.string(in: line)) else {
                    throw option.wrong("\"none\", \"upto\" or \"each\"")
                }
                ack = mode
            case "ack_wait_s":
                let wait = try option.seconds(in: line, atMost: ConsumerSettings.ackWaitMax)
                guard wait > .zero else { throw option.wrong("more than 0 seconds") }
                ackWait = wait
            case "max_in_flight": maxInFlight = try option.number(in: line, 1...ConsumerSettings.inFlightMax)
            case "max_deliveries": maxDeliveries = try option.number(in: line, 1...ConsumerSettings.deliveriesMax)
            case "group": isGroup = try option.flag(in: line)
            case "hold": holds = try option.flag(in: line)
            case "sync": isSync = try option.flag(in: line)
            default: continue
            }
        }
    }

    /// The settings of a new consumer.
    func settings(filter: EventFilter) throws(Refusal) -> ConsumerSettings {
        let plain = ConsumerSettings()
        let settings = ConsumerSettings(
            ack: ack ?? plain.ack,
            ackWait: ackWait ?? plain.ackWait,
            maxInFlight: maxInFlight ?? plain.maxInFlight,
            maxDeliveries: maxDeliveries ?? plain.maxDeliveries,
            isGroup: isGroup ?? plain.isGroup,
            holds: holds ?? plain.holds,
            filter: filter
        )
        guard !settings.isGroup || settings.ack == .each else {
            throw Refusal(.badOption, "members of a group finish events in any order: use \"ack\":\"each\"")
        }
        return settings
    }

    /// The name of an option in which a line differs from what a consumer has.
    func difference(from settings: ConsumerSettings, filter: EventFilter) -> String? {
        if let ack, ack != settings.ack { return "ack" }
        if let ackWait, ackWait != settings.ackWait { return "ack_wait_s" }
        if let maxInFlight, maxInFlight != settings.maxInFlight { return "max_in_flight" }
        if let maxDeliveries, maxDeliveries != settings.maxDeliveries { return "max_deliveries" }
        if let isGroup, isGroup != settings.isGroup { return "group" }
        if let holds, holds != settings.holds { return "hold" }
        if !filter.isEmpty, filter != settings.filter { return "a filter" }
        return nil
    }
}
