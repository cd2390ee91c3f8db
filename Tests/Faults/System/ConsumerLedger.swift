/// What one consumer of the stream was given and what it said, held against what it was promised; a value.
struct ConsumerLedger: Sendable {
    /// How the consumer takes events.
    enum Mode: String, CaseIterable, Sendable {
        /// Its own cursor, kept by the client.
        case plain
        /// Named; what has left the service is done.
        case none
        /// Named; an acknowledgement covers everything before it.
        case upto
        /// Named; each event is acknowledged by itself.
        case each
    }

    /// A connection, numbered in the order of beginning to connect.
    typealias Opening = Int

    let name: String
    let mode: Mode
    let deliveriesMax: Int
    private(set) var violations: [String] = []
    /// The first id that was never given yet.
    private(set) var next: UInt64 = 1
    /// How many events were given, again or not.
    private(set) var deliveries = 0
    /// How many of them were given before.
    private(set) var repeats = 0
    /// How many connections were begun.
    var connections: Int { beganAt.count }
    /// The most deliveries of one event.
    var mostDeliveries: Int { numbers.values.map(\.count).max() ?? 0 }
    /// How many acknowledgements are on disk.
    private(set) var durable = 0
    private var moment = 0
    private var beganAt: [Opening: Int] = [:]
    private var lastOn: [Opening: UInt64] = [:]
    private var numbers: [UInt64: [Int]] = [:]
    /// Ids above ``next`` that came before it, and ids that were passed over.
    private var passedOver: Set<UInt64> = []
    private var acknowledged: Set<UInt64> = []
    private var settledAt: [UInt64: Int] = [:]
    private var settledOn: [UInt64: Opening] = [:]
    private var settledMax: UInt64 = 0
    private var dead: Set<UInt64> = []

    init(_ name: String, _ mode: Mode, deliveriesMax: Int = .max) {
        self.name = name
        self.mode = mode
        self.deliveriesMax = deliveriesMax
    }

    /// A client is about to connect.
    mutating func began(_ opening: Opening) {
        moment += 1
        beganAt[opening] = moment
    }

    /// An event came; `number` is what its delivery frame said.
    mutating func given(_ id: UInt64, number: Int? = nil, on opening: Opening) {
        deliveries += 1
        if id < next, !passedOver.contains(id) { repeats += 1 }
        checkOrder(id, on: opening)
        checkSettled(id, on: opening)
        if let number { checkNumber(id, number) }
        passedOver.remove(id)
        if id >= next {
            if id > next { passedOver.formUnion(next..<id) }
            next = id + 1
        }
    }

    /// The client says that it has finished an event.
    mutating func acknowledges(_ id: UInt64) {
        acknowledged.insert(id)
    }

    /// The service says that an acknowledgement is on disk.
    mutating func settled(_ id: UInt64, on opening: Opening) {
        moment += 1
        durable += 1
        settledMax = max(settledMax, id)
        if settledAt[id] == nil { settledAt[id] = moment }
        settledOn[id] = opening
    }

    /// The service says that an event is parked.
    mutating func died(_ id: UInt64) {
        dead.insert(id)
    }

    /// Something that must not be said was said.
    mutating func add(_ violation: String) {
        // One cause makes thousands of them.
        if violations.count < 20 { violations.append("\(name): \(violation)") }
    }

    /// Everything is over: every event up to the last was given, and what is not finished is parked.
    mutating func finish(last: UInt64, parked: Set<UInt64>) {
        if next > last + 1 { add("it was given events up to \(next - 1), and there are \(last)") }
        // What is parked may have been used up in deliveries that a crash of the client kept it from reading.
        let never = passedOver.union(next <= last ? Set(next...last) : []).subtracting(parked)
        if !never.isEmpty { add("\(never.count) events were never given, the first is \(never.min() ?? 0)") }
        guard mode == .upto || mode == .each else {
            if !parked.isEmpty { add("\(parked.count) events are parked, although nothing is acknowledged") }
            return
        }
        let upTo = mode == .upto ? acknowledged.max() ?? 0 : 0
        let open = last > 0 ? (1...last).filter { $0 > upTo && !acknowledged.contains($0) && !parked.contains($0) } : []
        if let first = open.first { add("\(open.count) events are neither finished nor parked, the first is \(first)") }
        for id in parked where settledAt[id] != nil { add("event \(id) is parked after a durable acknowledgement") }
        let lost = dead.subtracting(parked).filter { !acknowledged.contains($0) && $0 > upTo }
        if let first = lost.min() { add("event \(first) was called dead, and is neither parked nor finished") }
    }

    private mutating func checkOrder(_ id: UInt64, on opening: Opening) {
        let last = lastOn[opening]
        lastOn[opening] = id
        switch mode {
        case .each: return
        case .plain:
            if id != next { add("event \(id) came where \(next) was to come") }
        case .none:
            if let last, id != last + 1 { add("event \(id) came after \(last)") }
            if id > next { add("event \(id) came, and \(next) never had") }
        case .upto:
            // What is not there was given before and is finished, or it is parked, which shows at the end.
            if let last, id <= last { add("event \(id) came after \(last)") }
        }
    }

    private mutating func checkSettled(_ id: UInt64, on opening: Opening) {
        // What was on its way to another member may still arrive; a connection that began later has no such excuse.
        let isLater = settledAt[id].map { $0 < beganAt[opening] ?? 0 } ?? false
        let isAgain = mode == .upto ? id <= settledMax : isLater || settledOn[id] == opening
        if isAgain { add("event \(id) came again after a durable acknowledgement") }
    }

    private mutating func checkNumber(_ id: UInt64, _ number: Int) {
        if number > deliveriesMax { add("event \(id) came as delivery \(number), the most is \(deliveriesMax)") }
        if numbers[id, default: []].contains(number) { add("event \(id) came twice as delivery \(number)") }
        numbers[id, default: []].append(number)
    }
}
