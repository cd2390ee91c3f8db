import EventStream
import Posix
import UnixSignals

/// Works on the events of a consumer and tells the service what became of each; outlives the service.
///
/// An event is acknowledged only after its work has succeeded, so that whatever is killed, and when, it comes again.
final class WorkSession {
    /// What it follows, and for how long.
    struct Plan {
        /// The service's socket.
        let path: String
        /// The consumer's name.
        let consumer: String
        /// The line that subscribes to it.
        let subscribe: [UInt8]
        /// The line that makes it, where there is none, and subscribes.
        let create: [UInt8]
        /// How long the service waits for an event of a consumer that is made.
        let ackWait: Duration
        /// How many events are worked on at once.
        let concurrency: Int
        /// How long after its first failure an event is tried again.
        let backoff: Duration
        /// How many events are to be finished; nil for all.
        let count: Int?
        /// Until when; nil for ever.
        let deadline: ContinuousClock.Instant?
    }

    /// Why it stops.
    private enum Stop {
        case isFinished
        case terminated
        case interrupted
        case failed(CommandFailure)
    }

    /// How often in the time that the service waits for an event it hears that the event is being worked on.
    private static let progressPart = 3

    private let plan: Plan
    private let worker: any EventWorker
    private let wake: WakeUp
    private let pool: WorkerPool
    private let signals: StopSignals
    private var book: WorkBook
    private var retry: Reconnection
    private var connectionCount = 0
    private var stop: Stop?
    /// The events that are here, by id.
    private var events: [UInt64: JSONLine] = [:]
    /// What is to be said, once there is a connection.
    private var outbox: [WorkBook.Line] = []
    private var lastDone: UInt64?
    private var progressInterval = Duration.seconds(10)
    private var nextProgress = ContinuousClock.now
    private var silence: Silence?
    /// When the service said something last.
    private var heardAt = ContinuousClock.now

    /// A session that begins with ``run()``.
    init(_ worker: any EventWorker, _ plan: Plan) throws {
        self.worker = worker
        self.plan = plan
        wake = try WakeUp()
        pool = WorkerPool(worker, waking: wake)
        signals = StopSignals(waking: wake)
        book = WorkBook(concurrency: plan.concurrency, backoff: plan.backoff, count: plan.count)
        retry = Reconnection(deadline: nil)
    }

    /// Follows the consumer to the end, and then waits for what is under way.
    ///
    /// - Returns: Whether it was interrupted.
    /// - Throws: ``CommandFailure``.
    func run() throws -> Bool {
        defer {
            signals.end()
            worker.cancel()
            pool.close()
        }
        while true {
            do {
                try follow(try connect())
            } catch let failure as CommandFailure where failure.status == .unreachable && retry.hasConnected {
                retry.failed(failure)
            }
            if isOver { break }
            book.disconnected()
            events = events.filter { book.running.contains($0.key) }
            pause()
            if isOver, outbox.isEmpty { break }
        }
        if !outbox.isEmpty {
            StandardError.writeLine("falconer: the service is gone: what it has not heard of comes again")
        }
        switch stop {
        case .failed(let failure): throw failure
        case .interrupted: return true
        default: return false
        }
    }

    /// Nothing is under way any more, and nothing is to begin.
    private var isOver: Bool { stop != nil && book.running.isEmpty }

    private func connect() throws -> ServiceConnection {
        let connection = try ServiceConnection(path: plan.path)
        connectionCount += 1
        retry.connected()
        let consumer = try connection.consumer(plan.consumer)
        if let ack = consumer?.string("ack"), ack != "each" {
            throw CommandFailure(
                .conflict,
                "consumer \(plan.consumer) acknowledges with \(ack)",
                advice: "take another name, or delete it: events that are worked on need one with --ack each"
            )
        }
        let ackWait = consumer?.integer("ack_wait_ms").map { .milliseconds($0) } ?? plan.ackWait
        progressInterval = max(ackWait / Self.progressPart, .milliseconds(1))
        nextProgress = .now
        silence = Silence(connection.hello)
        heardAt = .now
        try connection.send(consumer == nil ? plan.create : plan.subscribe)
        return connection
    }

    /// Takes events until the end or until the connection is lost.
    private func follow(_ connection: ServiceConnection) throws {
        while true {
            takeNews()
            if nextProgress <= .now {
                nextProgress = .now + progressInterval
                perform(book.timePassed())
            }
            try flush(connection)
            if isOver { return try settle(connection) }
            let due = [nextProgress, stop == nil ? plan.deadline : nil, silence?.due(after: heardAt)].compactMap(\.self)
                .min()
            switch try connection.next(deadline: due ?? nextProgress, interruptedBy: wake) {
            case .line(let line):
                heardAt = .now
                if let text = silence?.heard() { StandardError.writeLine(text) }
                guard try take(line) else { return }
            case .interrupted: noteSilence()
            case .ended: return
            }
        }
    }

    /// Waits before the next connection; what happens meanwhile is noted.
    private func pause() {
        let end = ContinuousClock.now + retry.nextDelay()
        while true {
            takeNews()
            let due = min(end, stop == nil ? plan.deadline ?? end : end)
            guard !isOver, due > .now else { return }
            wake.wait(until: due)
        }
    }

    /// Takes a line; false when the service says goodbye.
    private func take(_ line: JSONLine) throws -> Bool {
        switch try? StreamLine(line.bytes) {
        case .delivery(let id, let number):
            guard let event = line.object("event") else { return true }
            events[id] = event
            perform(book.delivered(id, number: number))
        case .dead(let id, let why): StandardError.writeLine("falconer: event \(id) was parked: \(why)")
        case .gap(let from, let to): StandardError.writeLine("falconer: events \(from) to \(to) are no longer there")
        // What a service that was killed does not know any more it delivers again.
        case .error("not_delivered", _, _): break
        // The service has not noticed yet that the connection before this one is gone.
        case .error("consumer_busy", _, _) where connectionCount > 1: return false
        case .error: throw ServiceConnection.refusal(line)
        case .bye: return false
        default: break
        }
        return true
    }

    /// Looks at signals, at the time and at what has ended.
    private func takeNews() {
        for signal in signals.take() { stopped(by: signal) }
        if let deadline = plan.deadline, deadline <= .now, stop == nil { end(.failed(Reconnection.tooLate)) }
        for ended in pool.takeEnded() {
            // First: it may say that nothing more is to begin.
            report(ended)
            perform(book.ended(ended.id, ended.outcome))
        }
        if book.remaining == 0 { end(.isFinished) }
    }

    /// Says when the service does not even send heartbeats.
    private func noteSilence() {
        guard let due = silence?.due(after: heardAt), due <= .now, let text = silence?.passed() else { return }
        StandardError.writeLine(text)
    }

    private func stopped(by signal: UnixSignal) {
        if stop != nil, !book.running.isEmpty {
            StandardError.writeLine("falconer: cutting short what is under way: \(book.running.count)")
            worker.cancel()
        } else if !book.running.isEmpty {
            StandardError.writeLine(
                "falconer: waiting for what is under way: \(book.running.count); once more cuts it short"
            )
        }
        end(signal == .sigint ? .interrupted : .terminated)
    }

    private func end(_ reason: Stop) {
        if stop == nil { stop = reason }
        book.stop()
    }

    private func perform(_ actions: [WorkBook.Action]) {
        for action in actions {
            switch action {
            case .begin(let id, let number):
                guard let event = events[id] else { continue }
                pool.begin(DeliveredEvent(id: id, number: number, event: event))
            case .send(let line): outbox.append(line)
            }
        }
    }

    private func flush(_ connection: ServiceConnection) throws {
        while let line = outbox.first {
            try connection.send(line.bytes)
            outbox.removeFirst()
        }
    }

    private func report(_ ended: WorkerPool.Ended) {
        events[ended.id] = nil
        switch ended.outcome {
        case .done: lastDone = ended.id
        case .later(_, let why): StandardError.writeLine("falconer: event \(ended.id) is tried again later: \(why)")
        case .failed(let why), .refused(let why): StandardError.writeLine("falconer: event \(ended.id) failed: \(why)")
        case .interrupted: StandardError.writeLine("falconer: event \(ended.id) was cut short")
        case .impossible(let why):
            end(.failed(CommandFailure(.usage, why, advice: "nothing is lost: the event comes again")))
        }
    }

    /// Waits until the last acknowledgement is on the service's disk.
    private func settle(_ connection: ServiceConnection) throws {
        guard let lastDone else { return }
        try connection.send(WorkBook.Line.synced(lastDone))
        while let line = try connection.next(deadline: .now + ServiceConnection.answerTime) {
            if line.frame == "acked" || line.frame == "error" { return }
        }
    }
}
