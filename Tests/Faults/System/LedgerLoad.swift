import Crypto
import LoadGenerator
import Posix

/// A load of signed deliveries, of which some are repeated, that writes down what it sent and what it was told.
struct LedgerLoad {
    /// One delivery of the load.
    struct Exchange {
        /// fal's id of the request.
        var id: String
        /// When it was sent.
        var sentAt: ContinuousClock.Instant
        /// When the whole answer had been read.
        var answeredAt: ContinuousClock.Instant?
        /// The answer's status.
        var status: Int?
        /// Whether a delivery had been refused with 503 before this one was sent.
        var isAfterRefusal: Bool
        /// Whether the answer said that it was stored, rather than that it had been.
        var isStoredAnew = false
    }

    /// What came of a load.
    struct Outcome {
        /// Every delivery, in the order of sending.
        var exchanges: [Exchange] = []
        /// Answers of 200 that say less than they must.
        var malformed: [String] = []
        /// Connections that could not be made.
        var refusedConnections = 0
        /// Deliveries that had no answer when the time was up, on a connection that was still there.
        var overdue = 0

        /// How many deliveries were answered so.
        func count(_ status: Int) -> Int {
            exchanges.count { $0.status == status }
        }

        /// The longest time that an answer took.
        var slowest: Duration {
            exchanges.compactMap { exchange in exchange.answeredAt.map { exchange.sentAt.duration(to: $0) } }.max()
                ?? .zero
        }
    }

    /// The port on 127.0.0.1.
    var port: UInt16
    /// The path of the hook.
    var path = "/fal"
    /// What signs.
    var key: Ed25519PrivateKey
    /// How many connections.
    var connections = 8
    /// How many of a hundred deliveries are ones that were sent before.
    var duplicates = 20
    /// How long new deliveries are sent.
    var time = Duration.seconds(2)
    /// How long answers are awaited after that.
    var patience = Duration.seconds(20)
    /// How many deliveries at the most.
    var countMax = Int.max
    /// How many connections that broke are made anew.
    var reconnectionsMax = 0
    /// What the ids begin with; no other load may have the same.
    var family: String
    /// The ids of earlier loads that may be sent again.
    var earlier: [String] = []
    /// Bytes added to a body by its number; by default most are small, and a few are not.
    var padding: @Sendable (Int) -> Int = { number in
        number % 97 == 96 ? 60_000 : number % 7 == 6 ? 3_000 : 0
    }

    /// How far back a repeated delivery goes, half of the time: these may still be on their way.
    static let recentCount = 32

    /// Runs it.
    ///
    /// - Parameters:
    ///   - ledger: Takes in what is known.
    ///   - onEntry: Told of each entry, of a delivery before it is sent.
    ///   - onAnswer: Told of each answer's status.
    /// - Returns: What came of it.
    func run(
        into ledger: inout ClientLedger,
        onEntry: (ClientLedger.Entry) -> Void = { _ in },
        onAnswer: (Int) -> Void = { _ in }
    ) -> Outcome {
        var load = Load(port: port, connections: connections, limit: time + patience, sendingTime: time)
        load.reconnectionsMax = reconnectionsMax
        var outcome = Outcome()
        var known = ledger
        var made = 0
        var ids = earlier
        var wasRefused = false
        func note(_ entry: ClientLedger.Entry) {
            onEntry(entry)
            known.note(entry)
        }
        let result = load.run { number -> SignedDelivery? in
            guard number < countMax else { return nil }
            let id = pick(&ids, &made)
            guard let delivery = try? SignedDelivery(requestID: id, path: path, padding: padding(of: id), key: key)
            else { return nil }
            note(.sent(id: id, digest: delivery.bodyDigest.hex))
            outcome.exchanges.append(Exchange(id: id, sentAt: .now, isAfterRefusal: wasRefused))
            return delivery
        } onAnswer: { answer in
            let id = outcome.exchanges[answer.delivery].id
            outcome.exchanges[answer.delivery].answeredAt = .now
            outcome.exchanges[answer.delivery].status = answer.status
            if answer.status == 503 { wasRefused = true }
            if answer.status == 200 {
                let body = HookBody(answer.body)
                if let sequence = body.sequence, let digest = known.sent[id] {
                    outcome.exchanges[answer.delivery].isStoredAnew = body.status == "stored"
                    note(.acknowledged(id: id, sequence: sequence, digest: digest))
                } else {
                    outcome.malformed.append(
                        "\(id) got a 200 without an id: \(String(decoding: answer.body, as: UTF8.self))"
                    )
                }
            }
            onAnswer(answer.status)
        }
        ledger = known
        outcome.refusedConnections = result.refusedConnections
        outcome.overdue = result.overdue
        return outcome
    }

    private func pick(_ ids: inout [String], _ made: inout Int) -> String {
        if !ids.isEmpty, Int.random(in: 0..<100) < duplicates {
            let recent = ids.suffix(Self.recentCount)
            return (Bool.random() ? recent.randomElement() : ids.randomElement()) ?? ids[0]
        }
        let id = "\(family)-\(made)"
        made += 1
        ids.append(id)
        return id
    }

    private func padding(of id: String) -> Int {
        padding(id.lastIndex(of: "-").flatMap { Int(id[id.index(after: $0)...]) } ?? 0)
    }
}

/// What the hook says: `{"status":"stored","id":"42"}`.
struct HookBody {
    /// The word.
    var status: String?
    /// The event's place in the journal.
    var sequence: UInt64?

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let strings = text.split(separator: "\"").map(String.init)
        guard let status = strings.firstIndex(of: "status"), strings.count > status + 2 else { return }
        self.status = strings[status + 2]
        guard let id = strings.firstIndex(of: "id"), strings.count > id + 2 else { return }
        sequence = UInt64(strings[id + 2])
    }
}
