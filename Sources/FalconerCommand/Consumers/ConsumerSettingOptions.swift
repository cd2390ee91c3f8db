import ArgumentParser
import JSONText

/// What a consumer is made with; what is left out is as the consumer has it, or the default.
struct ConsumerSettingOptions: ParsableArguments {
    @Option(help: "How events are acknowledged: none, upto (all up to one) or each (default: each).")
    var ack: String?

    @Option(help: ArgumentHelp("How long an event may be out before it is delivered again (30).", valueName: "seconds"))
    var ackWait: Double?

    @Option(help: ArgumentHelp("How many events may be out at once (100).", valueName: "count"))
    var maxInFlight: Int?

    @Option(help: ArgumentHelp("How often an event is delivered before it is parked (10).", valueName: "count"))
    var maxDeliveries: Int?

    @Flag(help: "Several readers share the events.")
    var group = false

    @Flag(help: "Nothing is deleted from the journal before this consumer has finished it.")
    var hold = false

    /// Adds what was given to a line.
    func add(to writer: inout JSONObjectWriter) {
        writer.member("ack", ack)
        if let ackWait { writer.member("ack_wait_s", json: Array("\(ackWait)".utf8)) }
        writer.member("max_in_flight", maxInFlight)
        writer.member("max_deliveries", maxDeliveries)
        if group { writer.member("group", true) }
        if hold { writer.member("hold", true) }
    }
}

/// Which events are wanted.
struct FilterOptions: ParsableArguments {
    @Option(help: "Only these types; * stands for anything (repeatable).")
    var types: [String] = []

    @Option(help: "Only this endpoint; * stands for anything.")
    var endpoint: String?

    @Option(help: "Only this submission; * stands for anything.")
    var submission: String?

    @Option(help: "Only outcomes with this status: OK or ERROR.")
    var status: String?

    @Option(help: "Only events of submissions with this tag.")
    var tag: String?

    /// Adds what was given to a line.
    func add(to writer: inout JSONObjectWriter) {
        if !types.isEmpty { writer.member("types", array: types.map(jsonString)) }
        writer.member("endpoint", endpoint)
        writer.member("submission", submission)
        writer.member("status", status)
        writer.member("tag", tag)
    }
}
