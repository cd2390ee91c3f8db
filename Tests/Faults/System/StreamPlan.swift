/// What one consumer of the randomised test is, and how its clients behave.
struct StreamPlan: Sendable {
    var name: String
    var mode: ConsumerLedger.Mode
    /// The options of its `subscribe` line, as JSON members; empty for a plain subscription.
    var options = ""
    var deliveriesMax = Int.max
    /// How many clients take part.
    var members = 1
    /// Whether every acknowledgement asks to be on disk.
    var isSync = false
    /// How long a client takes for an event, at most.
    var thinking = Duration.zero
    /// How many of a thousand events end with the client's crash.
    var crashes = 0
    /// How many of a thousand are refused, given up, or never answered.
    var refusals = 0
    var terminations = 0
    var silences = 0
    /// After how many events a client acknowledges, at most.
    var acknowledgesEvery = 1

    /// Consumers of every kind, well-behaved and not.
    static let all: [StreamPlan] = [
        StreamPlan(name: "plain", mode: .plain),
        StreamPlan(name: "plain-slow", mode: .plain, thinking: .milliseconds(2), crashes: 5),
        named("none", .none),
        named("none-slow", .none) { $0.thinking = .milliseconds(2) },
        named("upto", .upto) { $0.acknowledgesEvery = 40 },
        named("upto-sync", .upto) {
            $0.isSync = true
            $0.acknowledgesEvery = 20
            $0.crashes = 3
        },
        named("upto-late", .upto, #","ack_wait_s":0.5,"max_deliveries":50"#, deliveriesMax: 50) {
            $0.isSync = true
            $0.acknowledgesEvery = 10
            $0.silences = 2
            $0.thinking = .milliseconds(2)
        },
        named("each", .each) { $0.crashes = 3 },
        named("each-sync", .each) {
            $0.isSync = true
            $0.crashes = 3
        },
        named("each-torn", .each, #","ack_wait_s":0.4,"max_deliveries":3"#, deliveriesMax: 3) {
            $0.isSync = true
            $0.refusals = 40
            $0.terminations = 5
            $0.silences = 20
            $0.crashes = 5
        },
        named("group", .each, #","group":true,"ack_wait_s":1,"max_deliveries":6"#, deliveriesMax: 6) {
            $0.members = 4
            $0.refusals = 30
            $0.terminations = 3
            $0.silences = 10
            $0.crashes = 5
            $0.thinking = .milliseconds(2)
        },
        named("group-sync", .each, #","group":true,"ack_wait_s":1,"max_deliveries":6"#, deliveriesMax: 6) {
            $0.members = 3
            $0.isSync = true
            $0.refusals = 30
            $0.silences = 10
            $0.crashes = 10
        },
    ]

    private static func named(
        _ name: String,
        _ mode: ConsumerLedger.Mode,
        _ options: String = "",
        deliveriesMax: Int = 10,
        _ change: (inout StreamPlan) -> Void = { _ in }
    ) -> StreamPlan {
        var plan = StreamPlan(name: name, mode: mode, deliveriesMax: deliveriesMax)
        plan.options = #","consumer":"\#(name)","ack":"\#(mode.rawValue)""# + options
        change(&plan)
        if plan.isSync { plan.options += #","sync":true"# }
        return plan
    }
}
