import DequeModule
import JSONText
import Logging
import Posix
import Threading

extension EventLoop {
    /// Carries out what a client says about a consumer.
    func perform(_ operation: ConsumerOperation, op: String, reference: [UInt8], for connection: Connection) {
        do throws(Refusal) {
            if let refusal = access.refusal(operation.right, to: connection.peer) { throw refusal }
            switch operation {
            case .ack(let id, let isSync): try acknowledge(id, isSync: isSync, reference, connection)
            case .nak(let id, let delay, let reason):
                try withMembership(connection) { active in
                    active.consumer.refuse(id, delay: delay, reason: reason, now: now, time: .now)
                }
            case .progress(let id): try withMembership(connection) { $0.consumer.extend(id, now: now) }
            case .term(let id, let reason):
                try withMembership(connection) { $0.consumer.terminate(id, reason: reason, time: .now) }
            default: send(try answer(operation, op, reference), to: connection)
            }
        } catch {
            var refusal = error
            refusal.op = op
            refusal.reference = reference
            send(refusal.frame, to: connection)
        }
    }

    private func acknowledge(
        _ id: UInt64,
        isSync: Bool,
        _ reference: [UInt8],
        _ connection: Connection
    ) throws(Refusal) {
        let active = try withMembership(connection) { $0.consumer.acknowledge(id) }
        active.noteFinished(at: .now)
        guard isSync || active.syncMembers.contains(connection.token) else { return }
        // What was known before is on disk already.
        let frame = Frames.acked(id: id, reference: reference)
        active.hold(frame, for: connection.token, until: active.consumer.version)
        if active.isDirty { submit(active) }
        sendHeld(active)
    }

    @discardableResult
    private func withMembership(
        _ connection: Connection,
        _ body: (ActiveConsumer) -> Consumer.AckOutcome
    ) throws(Refusal) -> ActiveConsumer {
        guard let active = connection.membership, active.consumer.settings.ack != .none else {
            throw Refusal(
                .noConsumer,
                "there is nothing to acknowledge here: subscribe with \"consumer\" and \"ack\":\"upto\" or \"each\""
            )
        }
        let parkedBefore = active.consumer.parked.count
        guard body(active) == .taken else {
            throw Refusal(.notDelivered, "no such event was delivered to consumer \(active.name.text)")
        }
        announce(active, since: parkedBefore)
        makeReady(connection)
        return active
    }

    private func answer(
        _ operation: ConsumerOperation,
        _ op: String,
        _ reference: [UInt8]
    ) throws(Refusal) -> [UInt8] {
        var object = JSONObjectWriter()
        switch operation {
        case .list(let event):
            let asked = event.map { (id: $0, line: try? self.line($0)) }
            let all = consumers.active.values.sorted { $0.name < $1.name }
            object.member("consumers", array: all.map { describe($0, asked) })
            object.member("unreadable", array: consumers.unreadable.keys.sorted().map(Self.quoted))
        case .show(let name): object.member("consumer", json: describe(try active(name), nil))
        case .create(let request):
            guard let wanted = request.consumer else {
                throw Refusal(.badOption, "\"consumer\" is missing: its name")
            }
            guard consumers.active[wanted.name] == nil else {
                throw Refusal(.consumerExists, "consumer \(wanted.name.text) exists already")
            }
            object.member("consumer", json: describe(try create(request, wanted), nil))
        case .delete(let name): try delete(name)
        case .reset(let name, let start):
            let active = try active(name)
            guard active.members.isEmpty else { throw Self.busy(name) }
            var request = SubscriptionRequest()
            request.start = start
            let consumer = Consumer(
                name: name.text,
                settings: active.consumer.settings,
                after: try position(of: request)
            )
            let replacement = ActiveConsumer(name: name, consumer: consumer, savedVersion: 0)
            consumers.active[name] = replacement
            submit(replacement)
            object.member("consumer", json: describe(replacement, nil))
        case .listParked(let name):
            object.member("parked", array: try active(name).consumer.parked.map(Frames.parked))
        case .retryParked(let name, let which):
            object.member("retried", try change(name, which) { $0.retry($1) })
        case .dropParked(let name, let which): object.member("dropped", try change(name, which) { $0.drop($1) })
        case .ack, .nak, .progress, .term: break
        }
        return Frames.reply(op: op, reference: reference, object: object.bytes, isLast: true)
    }

    private func active(_ name: ConsumerName) throws(Refusal) -> ActiveConsumer {
        guard let active = consumers.active[name] else {
            throw Refusal(.unknownConsumer, "there is no consumer \(name.text): falconer consumers list shows all")
        }
        return active
    }

    private func delete(_ name: ConsumerName) throws(Refusal) {
        guard let active = consumers.active[name] else {
            guard consumers.unreadable.removeValue(forKey: name.text) != nil else {
                _ = try active(name)
                return
            }
            shared.holds.withLock { $0[name.text] = nil }
            consumers.store.remove(name)
            return
        }
        guard active.members.isEmpty else { throw Self.busy(name) }
        consumers.active[name] = nil
        shared.holds.withLock { $0[name.text] = nil }
        consumers.store.remove(name)
        logger.info("consumer deleted", metadata: [LogKey.consumer: "\(name.text)"])
    }

    /// Changes parked events, and says how many.
    private func change(
        _ name: ConsumerName,
        _ which: ConsumerOperation.Parked,
        _ body: (inout Consumer, UInt64) -> Bool
    ) throws(Refusal) -> Int {
        let active = try active(name)
        let ids: [UInt64]
        switch which {
        case .all: ids = active.consumer.parked.map(\.id)
        case .one(let id):
            guard active.consumer.parked.contains(where: { $0.id == id }) else {
                throw Refusal(.notParked, "event \(id) is not parked in consumer \(name.text)")
            }
            ids = [id]
        }
        for id in ids { _ = body(&active.consumer, id) }
        serve(active)
        return ids.count
    }

    private func describe(_ active: ActiveConsumer, _ event: (id: UInt64, line: [UInt8]?)?) -> [UInt8] {
        let consumer = active.consumer
        let last = log.bounds.last
        var object = JSONObjectWriter()
        object.member("name", active.name.text)
        object.member("cursor", String(consumer.cursor))
        object.member("read", String(consumer.read))
        object.member("lag_events", Int(last - min(last, consumer.cursor)))
        object.member("in_flight", consumer.inFlight)
        object.member("waiting", consumer.waiting)
        object.member("parked", consumer.parked.count)
        object.member("redeliveries", consumer.redeliveries)
        let lag = lag(behind: consumer.cursor, last: last)
        object.member("lag_bytes", lag.bytes)
        object.member("lag_seconds", lag.seconds)
        object.member("ack", consumer.settings.ack.rawValue)
        object.member("ack_wait_ms", Int(consumer.settings.ackWait / .milliseconds(1)))
        object.member("max_in_flight", consumer.settings.maxInFlight)
        object.member("max_deliveries", consumer.settings.maxDeliveries)
        object.member("group", consumer.settings.isGroup)
        object.member("hold", consumer.settings.holds)
        object.member("members", array: active.members.sorted { $0.key < $1.key }.map(describe))
        if let event { object.member("event", json: describe(active, event.id, event.line)) }
        return object.bytes
    }

    /// Where a consumer is with an event, whose line is nil when it is not there (any more).
    private func describe(_ active: ActiveConsumer, _ id: UInt64, _ line: [UInt8]?) -> [UInt8] {
        var object = JSONObjectWriter()
        switch active.consumer.whereabouts(of: id) {
        case .unread: object.member("state", "unread")
        case .delivered(let count):
            object.member("state", "delivered")
            object.member("deliveries", count)
        case .waiting(let count):
            object.member("state", "waiting")
            object.member("deliveries", count)
        case .parked(let event):
            object.member("state", "parked")
            object.member("deliveries", event.deliveries)
            object.member("reason", event.reason)
            object.member("time", event.time.rfc3339)
        case .behind:
            let time =
                active.acks.last { $0.id == id }?.time ?? consumers.store.ackTime(of: id, active.name)
            let isWanted = line.map { active.consumer.settings.filter.matches($0, in: $0.indices) } ?? true
            object.member("state", time != nil ? "done" : isWanted ? "passed" : "filtered")
            object.member("time", time?.rfc3339)
        }
        return object.bytes
    }

    /// How many bytes of lines come behind an event, and how old the first of them is.
    private func lag(behind id: UInt64, last: UInt64) -> (bytes: Int, seconds: Int) {
        guard id < last else { return (0, 0) }
        var line: [UInt8] = []
        do throws(EventLogError) {
            let cursor = try log.cursor(after: max(id, log.bounds.first - 1))
            // The least limit: one line, whole.
            _ = try cursor.read(into: &line, limit: 1)
            let time = EventAttributes(line: line)?.time.flatMap { WallTime(rfc3339: $0) } ?? .now
            return (line.count + cursor.bytesLeft, Int(max(0, WallTime.now.seconds - time.seconds)))
        } catch {
            // It is only the list that lacks a figure; whoever reads the events is told.
            return (0, 0)
        }
    }

    private func describe(_ token: UInt64, since time: WallTime) -> [UInt8] {
        var object = JSONObjectWriter()
        object.member("since", time.rfc3339)
        if let peer = connections[token]?.peer {
            object.member("pid", Int(peer.processID))
            object.member("uid", Int(peer.userID))
        }
        return object.bytes
    }

    private static func busy(_ name: ConsumerName) -> Refusal {
        Refusal(.consumerBusy, "consumer \(name.text) has members: end them first")
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.appendString(text, to: &bytes)
        return bytes
    }
}
