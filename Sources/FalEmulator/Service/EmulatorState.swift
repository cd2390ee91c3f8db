internal import Threading

/// Everything the emulator knows, behind one lock.
struct EmulatorState: Sendable {
    /// The requests.
    var queue: EmulatedQueue
    /// The webhooks under way.
    var plan: DeliveryPlan
    /// The signing keys.
    var keys: EmulatorKeys
    /// Which scenario a submission gets; counts them.
    var rules: RuleFile
    /// Webhooks that are due and that no thread sends yet.
    var ready: [PlannedDelivery] = []
    /// The clients that watch a status, by their number.
    var streams: [Int: StatusStream] = [:]
    /// The next one's number.
    var nextStream = 0
    /// What the streams are still to be told, in order.
    var news: [(number: Int, write: StreamWrite)] = []
    /// How many comments silent streams got.
    var pingCount = 0
    /// How long a stream is silent before it gets a comment, in microseconds.
    let pingInterval: Int64
    /// Submissions that are answered after their webhook was tried.
    var parked: [String: ParkedAnswer] = [:]
    /// Requests that are answered once they have ended.
    var runs: [String: ParkedAnswer] = [:]
    /// The files that were uploaded.
    var uploads = UploadStore()
    /// Whether the keys changed since the file was written.
    var hasUnsavedKeys = false
    /// Until when the queue drops every connection, in microseconds since 1970.
    var outageEnd: Int64 = 0
    /// When the next signing key is taken, in microseconds since 1970; nil when none is by itself.
    var nextKeyRotation: Int64?
    /// Counts the changes that the scheduler has to look at.
    var generation = 0
    /// Whether everything ends.
    var isStopping = false

    /// Takes the requests out whose answer has been waited for and is there.
    mutating func takeEndedRuns(now: Int64) -> [(id: String, answer: ParkedAnswer, result: ResultView)] {
        runs.compactMap { id, answer in
            let result = queue.result(id, now: now)
            return result == .inProgress || result == .notFound ? nil : (id, answer, result)
        }.map { ended in
            runs[ended.0] = nil
            return (ended.0, ended.1, ended.2)
        }
    }

    /// Says that the scheduler has to look again.
    mutating func touch() {
        generation += 1
    }

    /// Does what the queue wants done.
    ///
    /// - Parameters:
    ///   - actions: What it wants.
    ///   - newKeys: A key for each rotation among them, made before the lock was taken.
    ///   - settings: What the user chose.
    ///   - now: The time, in microseconds since 1970.
    /// - Returns: The answers that need not wait any longer.
    mutating func apply(
        _ actions: [EmulatedQueue.Action],
        newKeys: [EmulatorKeys.Key],
        settings: EmulatorConfiguration,
        now: Int64
    ) -> [ParkedAnswer] {
        var newKeys = newKeys[...]
        var released: [ParkedAnswer] = []
        for action in actions {
            switch action {
            case .rotateKeys:
                guard let key = newKeys.popFirst() else { continue }
                keys.rotate(to: key, keepsOld: settings.keepsOldKeys)
                hasUnsavedKeys = true
            case .deliver(let delivery):
                if settings.refusesPrivateTargets, PrivateTarget.isPrivate(delivery.url) {
                    let planned = PlannedDelivery(delivery: delivery, dueAt: now)
                    plan.withhold(planned, "the target is private", now: now)
                } else {
                    plan.add(delivery, now: now)
                }
                if !plan.isWaiting(for: delivery.requestID) {
                    released += [parked.removeValue(forKey: delivery.requestID)].compactMap(\.self)
                }
            }
        }
        touch()
        return released
    }

    /// When the scheduler has to look next even if nothing changes.
    var nextDue: Int64? {
        [queue.nextDue, plan.nextDue, nextKeyRotation, streams.values.map(\.pingAt).min()].compactMap(\.self).min()
    }

    /// Puts the webhooks that are due before the threads that send.
    mutating func moveDue(now: Int64) {
        while let planned = plan.takeDue(now: now) {
            ready.append(planned)
        }
    }

    /// Plays everything that is due, one event after the other, so that no stream misses a status.
    mutating func advance(now: Int64) -> [EmulatedQueue.Action] {
        var actions: [EmulatedQueue.Action] = []
        while let due = queue.nextDue, due <= now {
            actions += queue.advance(now: due)
            collectNews(now: due)
        }
        return actions
    }

    /// Writes down what every stream is to be told as of now.
    mutating func collectNews(now: Int64) {
        for number in streams.keys.sorted() {
            guard var stream = streams[number] else { continue }
            let write = news(&stream, now: now)
            if write?.bytes == StreamWrite.ping {
                pingCount += 1
            }
            streams[number] = write?.isLast == true ? nil : stream
            if let write {
                news.append((number, write))
            }
        }
    }

    /// Gives out what was written down.
    mutating func takeNews() -> [(number: Int, write: StreamWrite)] {
        defer { news = [] }
        return news
    }

    private func news(_ stream: inout StatusStream, now: Int64) -> StreamWrite? {
        guard let view = queue.status(stream.requestID, now: now),
            let urls = queue.urls(of: stream.requestID, baseURL: stream.baseURL)
        else {
            return StreamWrite(stream: stream.stream, bytes: [], isLast: true)
        }
        let mark = "\(view.status) \(view.queuePosition ?? 0) \(view.log.count)"
        if mark != stream.lastSent {
            stream.lastSent = mark
            stream.pingAt = now + pingInterval
            let news = stream.hasLogs ? Array(view.log.dropFirst(stream.logLinesSent)) : nil
            stream.logLinesSent = view.log.count
            let event = StreamWrite.event(view.body(urls: urls, logs: news, spacing: .python))
            return StreamWrite(stream: stream.stream, bytes: event, isLast: view.status == .completed)
        }
        guard stream.pingAt <= now else { return nil }
        stream.pingAt = now + pingInterval
        return StreamWrite(stream: stream.stream, bytes: StreamWrite.ping, isLast: false)
    }
}
