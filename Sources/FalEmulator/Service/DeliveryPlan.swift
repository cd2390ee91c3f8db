internal import HTTPClient

/// A webhook on its way: what is sent, how often it was tried, and when it is tried next.
struct PlannedDelivery: Sendable {
    /// What is sent.
    let delivery: WebhookDelivery
    /// Which try is next, from 1.
    var attempt = 1
    /// When it is due, in microseconds since 1970.
    var dueAt: Int64
    /// How often it is still to be delivered after it has been delivered once.
    var repeats = 0
    /// The first attempt's headers, where retries carry the same ones.
    var firstHeaders: HTTPHeaders?
}

/// The webhooks that are under way, as a value: deliveries and results go in, what is due comes out.
struct DeliveryPlan: Sendable {
    /// How many attempts are remembered; the oldest ones go first.
    static let attemptsMax = 10_000

    /// When what is tried again.
    let schedule: WebhookSchedule
    /// Every attempt, the oldest first.
    private(set) var attempts: [DeliveryAttempt] = []
    private var waiting: [PlannedDelivery] = []

    /// A plan without deliveries.
    init(schedule: WebhookSchedule) {
        self.schedule = schedule
    }

    /// When the next delivery is due; nil when none waits.
    var nextDue: Int64? { waiting.map(\.dueAt).min() }

    /// Takes a delivery over.
    mutating func add(_ delivery: WebhookDelivery, now: Int64) {
        var planned = PlannedDelivery(delivery: delivery, dueAt: now)
        switch delivery.fault {
        case .drop:
            return withhold(planned, "dropped by its scenario", now: now)
        case .late(let seconds):
            planned.dueAt += Int64(seconds) * 1_000_000
        case .duplicate:
            planned.repeats = 1
        case .normal, .beforeAnswer, .badSignature, .staleTimestamp, .wrongAccount, .unsigned, .truncated:
            break
        }
        waiting.append(planned)
    }

    /// Says that a delivery is never sent.
    mutating func withhold(_ planned: PlannedDelivery, _ reason: String, now: Int64) {
        record(planned, startedAt: now, endedAt: now, .withheld(reason), nextAt: nil)
    }

    /// Gives out one delivery that is due, the longest due first.
    mutating func takeDue(now: Int64) -> PlannedDelivery? {
        guard let index = waiting.indices.min(by: { waiting[$0].dueAt < waiting[$1].dueAt }),
            waiting[index].dueAt <= now
        else { return nil }
        return waiting.remove(at: index)
    }

    /// Takes the result of an attempt, and plans the next one where there is one.
    ///
    /// - Parameters:
    ///   - planned: What was tried.
    ///   - outcome: What became of it.
    ///   - startedAt: When it began.
    ///   - now: When it was over.
    ///   - jitter: A random number from 0 to 1.
    mutating func finish(
        _ planned: PlannedDelivery,
        _ outcome: DeliveryAttempt.Outcome,
        startedAt: Int64,
        now: Int64,
        jitter: Double
    ) {
        var next = planned
        next.attempt += 1
        var nextAt: Int64?
        if case .answered(let status) = outcome, schedule.isFinal(status: status) {
            if (200..<300).contains(status), next.repeats > 0 {
                next.repeats -= 1
                nextAt = now
            }
        } else if case .withheld = outcome {
            nextAt = nil
        } else {
            nextAt = schedule.nextAttempt(
                afterAttempt: planned.attempt,
                now: now,
                expiresAt: planned.delivery.expiresAt,
                jitter: jitter
            )
        }
        record(planned, startedAt: startedAt, endedAt: now, outcome, nextAt: nextAt)
        if let nextAt {
            next.dueAt = nextAt
            waiting.append(next)
        }
    }

    /// Whether something waits to be sent for a request.
    func isWaiting(for requestID: String) -> Bool {
        waiting.contains { $0.delivery.requestID == requestID }
    }

    private mutating func record(
        _ planned: PlannedDelivery,
        startedAt: Int64,
        endedAt: Int64,
        _ outcome: DeliveryAttempt.Outcome,
        nextAt: Int64?
    ) {
        if attempts.count == Self.attemptsMax {
            attempts.removeFirst()
        }
        attempts.append(
            DeliveryAttempt(
                requestID: planned.delivery.requestID,
                url: planned.delivery.url,
                number: planned.attempt,
                startedAt: startedAt,
                endedAt: endedAt,
                outcome: outcome,
                nextAt: nextAt
            )
        )
    }
}
