import DequeModule
import Logging
import Posix

extension EventLoop {
    /// Makes a connection a member of a consumer, which is made when there is none of that name.
    func join(_ connection: Connection, _ request: SubscriptionRequest, _ wanted: ConsumerRequest) {
        do throws(Refusal) {
            let active = try consumer(request, wanted)
            if let option = wanted.difference(from: active.consumer.settings, filter: request.filter) {
                throw Refusal(
                    .consumerExists,
                    "consumer \(wanted.name.text) exists and differs in \(option): leave that out, or delete the consumer first"
                )
            }
            let share = share(request)
            guard share?.end == nil || !active.consumer.settings.isGroup else {
                throw Refusal(
                    .badOption,
                    "members of a group share the events, so that none has an end of its own: use \"count\""
                )
            }
            guard active.consumer.join(Int(connection.token)) else {
                throw Refusal(
                    .consumerBusy,
                    "consumer \(wanted.name.text) has its member: end that one, or create the consumer with \"group\":true"
                )
            }
            active.members[connection.token] = .now
            active.shares[connection.token] = share
            if wanted.isSync { active.syncMembers.insert(connection.token) }
            connection.membership = active
            makeReady(connection)
        } catch {
            var refusal = error
            refusal.op = "subscribe"
            send(refusal.frame, to: connection)
            perform(connection.state.subscriptionEnded(wasRefused: true), for: connection)
        }
    }

    /// What a subscription asks for, if that has an end.
    private func share(_ request: SubscriptionRequest) -> ActiveConsumer.Share? {
        let end: UInt64?
        switch request.end {
        case .never: end = nil
        case .now: end = log.bounds.last
        case .id(let id): end = id
        }
        return end == nil && request.count == nil ? nil : ActiveConsumer.Share(remaining: request.count, end: end)
    }

    /// Ends the connections of members that have what they asked for.
    private func dismissFinished(_ active: ActiveConsumer) {
        for token in active.finished {
            guard let connection = connections[token] else { continue }
            let message = "everything that was asked for is finished"
            send(Frames.bye(code: "complete", id: active.consumer.cursor, message: message), to: connection)
            leave(connection)
            perform(connection.state.subscriptionEnded(), for: connection)
            settle(connection)
        }
    }

    private func consumer(_ request: SubscriptionRequest, _ wanted: ConsumerRequest) throws(Refusal) -> ActiveConsumer {
        if let active = consumers.active[wanted.name] { return active }
        return try create(request, wanted)
    }

    /// Makes a consumer.
    func create(_ request: SubscriptionRequest, _ wanted: ConsumerRequest) throws(Refusal) -> ActiveConsumer {
        let name = wanted.name
        if let why = consumers.unreadable[name.text] {
            throw Refusal(
                .consumerUnreadable,
                "the file of consumer \(name.text) cannot be read (\(why)): restore it, or delete the consumer"
            )
        }
        guard consumers.active.count < limits.consumersMax else {
            throw Refusal(.tooManyConsumers, "there are \(limits.consumersMax) consumers, the most: delete one first")
        }
        let position = try position(of: request)
        let consumer = Consumer(
            name: name.text,
            settings: try wanted.settings(filter: request.filter),
            after: position
        )
        let active = ActiveConsumer(name: name, consumer: consumer, savedVersion: 0)
        consumers.active[name] = active
        logger.info("consumer created", metadata: [LogKey.consumer: "\(name.text)", "after": "\(position)"])
        submit(active)
        return active
    }

    /// The id of the last event before the first that was asked for.
    func position(of request: SubscriptionRequest) throws(Refusal) -> UInt64 {
        let plan = try SubscriptionPlan(request, source: log.source, bounds: log.bounds)
        switch plan.start {
        case .after(let id): return id
        case .time(let time):
            do throws(EventLogError) {
                return try log.cursor(from: time).lastID
            } catch {
                logger.error("journal could not be read", metadata: [LogKey.error: "\(error)"])
                throw Refusal(.journalUnreadable, "the journal could not be read: see the service's log")
            }
        }
    }

    /// Takes back what a connection has.
    func leave(_ connection: Connection) {
        guard let active = connection.membership else { return }
        connection.membership = nil
        active.consumer.leave(Int(connection.token))
        active.members[connection.token] = nil
        active.syncMembers.remove(connection.token)
        active.toldCaughtUp.remove(connection.token)
        active.shares[connection.token] = nil
        active.dropHeld(for: connection.token)
        // Not from here: whoever closes a connection may be in the middle of handing out.
        schedule(now)
    }

    /// Ends the connection of a member that has ended its side, and so cannot acknowledge anything any more.
    func sayFarewellToSilentMember(_ connection: Connection) {
        guard let active = connection.membership, active.consumer.settings.ack != .none else { return }
        sayFarewell(
            to: connection,
            code: "input_ended",
            message: "events cannot be acknowledged any more: keep your side open while you take events",
            until: now + limits.farewellTime
        )
    }

    /// Hands out what can be handed out, and sees to saving.
    func serve(_ active: ActiveConsumer) {
        for member in active.consumer.advance(now: now) {
            guard let connection = connections[UInt64(member)] else { continue }
            sayFarewell(
                to: connection,
                code: "ack_timeout",
                message: "an event was not acknowledged in time: connect again to have it again",
                until: now + limits.farewellTime
            )
            leave(connection)
            settle(connection)
        }
        for token in active.members.keys {
            guard let connection = connections[token] else { continue }
            let takesMore = connection.output.isEmpty && connection.closing.isNo && !active.isServed(token)
            active.consumer.setReady(takesMore, Int(token))
            noteHandedOver(connection, active)
        }
        do throws(EventLogError) {
            try deliverAgain(active)
            try deliverNew(active)
        } catch {
            logger.error(
                "journal could not be read",
                metadata: [LogKey.error: "\(error)", LogKey.consumer: "\(active.name.text)"]
            )
            schedule(now + ConsumerStore.retryTime)
        }
        dismissFinished(active)
        save(active)
        schedule(active.consumer.due)
    }

    private func deliverAgain(_ active: ActiveConsumer) throws(EventLogError) {
        let parkedBefore = active.consumer.parked.count
        while active.heldBytes < limits.bufferBytesMax, let delivery = active.consumer.redelivery(now: now, time: .now)
        {
            guard let line = try line(delivery.id) else {
                // It is no longer kept, or was damaged: nobody can finish it.
                _ = active.consumer.terminate(
                    delivery.id,
                    reason: "the event is not in the journal any more",
                    time: .now
                )
                continue
            }
            hand(delivery, line[...], active)
        }
        announce(active, since: parkedBefore)
    }

    /// One event's line; nil when it is not there.
    func line(_ id: UInt64) throws(EventLogError) -> [UInt8]? {
        guard id >= log.bounds.first else { return nil }
        let cursor: any EventCursor
        do throws(EventLogError) {
            cursor = try log.cursor(after: id - 1)
        } catch {
            guard error.code == .pruned else { throw error }
            return nil
        }
        var bytes: [UInt8] = []
        // The least limit: one line, whole.
        guard try cursor.read(into: &bytes, limit: 1) == .lines, JournalLines.id(in: bytes, at: 0) == id else {
            return nil
        }
        return bytes
    }

    private func deliverNew(_ active: ActiveConsumer) throws(EventLogError) {
        var turn = 0
        while active.heldBytes < limits.bufferBytesMax, active.consumer.takesNew {
            if active.linesStart >= active.lines.count {
                guard turn < limits.turnBytesMax else {
                    for token in active.members.keys { connections[token].map(makeReady) }
                    return
                }
                guard try readAhead(active) else { return }
                turn += active.lines.count
                continue
            }
            guard let range = JournalLines.next(in: active.lines, from: active.linesStart) else {
                active.linesStart = active.lines.count
                continue
            }
            if let end = active.end, let id = JournalLines.id(in: active.lines, at: range.lowerBound), id > end {
                return
            }
            active.linesStart = range.upperBound
            guard let id = JournalLines.id(in: active.lines, at: range.lowerBound), id > active.consumer.read else {
                continue
            }
            guard active.consumer.settings.filter.matches(active.lines, in: range) else {
                active.consumer.skip(upTo: id)
                continue
            }
            let parkedBefore = active.consumer.parked.count
            if let delivery = active.consumer.take(id, now: now, time: .now) {
                hand(delivery, active.lines[range], active)
            } else {
                announce(active, since: parkedBefore)
            }
        }
    }

    /// Reads the next lines; false when there are none.
    private func readAhead(_ active: ActiveConsumer) throws(EventLogError) -> Bool {
        if active.consumer.read + 1 < log.bounds.first {
            // Events went before they were read: whoever is there is told, and the consumer goes on behind them.
            let gap = Frames.gap(.pruned, from: active.consumer.read + 1, to: log.bounds.first - 1)
            for token in active.members.keys { connections[token].map { send(gap, to: $0) } }
            active.consumer.skip(upTo: log.bounds.first - 1)
            active.rewind()
        }
        let cursor = try cursor(of: active)
        active.lines.removeAll(keepingCapacity: true)
        active.linesStart = 0
        switch try cursor.read(into: &active.lines, limit: limits.turnBytesMax) {
        case .lines: return true
        case .gap(let ids):
            let gap = Frames.gap(.damaged, from: ids.lowerBound, to: ids.upperBound)
            for token in active.members.keys { connections[token].map { send(gap, to: $0) } }
            active.consumer.skip(upTo: ids.upperBound)
            return true
        case .durableEnd:
            tellCaughtUp(active)
            return false
        }
    }

    private func cursor(of active: ActiveConsumer) throws(EventLogError) -> any EventCursor {
        if let cursor = active.cursor { return cursor }
        let cursor = try log.cursor(after: active.consumer.read)
        active.cursor = cursor
        return cursor
    }

    private func tellCaughtUp(_ active: ActiveConsumer) {
        for token in active.members.keys where active.toldCaughtUp.insert(token).inserted {
            guard let connection = connections[token] else { continue }
            let frame = Frames.caughtUp(id: active.consumer.read)
            if active.held.isEmpty {
                send(frame, to: connection)
            } else {
                active.hold(frame, for: token, until: 0)
            }
        }
    }

    /// Sends an event, now or once the disk knows enough of it.
    private func hand(_ delivery: Consumer.Delivery, _ line: ArraySlice<UInt8>, _ active: ActiveConsumer) {
        let frame =
            active.consumer.settings.ack == .each
            ? Frames.delivery(id: delivery.id, number: delivery.number, line: line) : Array(line)
        let member = UInt64(delivery.member)
        active.countDown(member)
        let waitsForDisk = active.consumer.isCountedFirst(delivery, savedReserved: active.savedReserved)
        if waitsForDisk || !active.held.isEmpty {
            active.hold(frame, for: member, until: waitsForDisk ? active.consumer.version : 0)
            if active.isServed(member) { active.consumer.setReady(false, delivery.member) }
        } else if let connection = connections[member] {
            send(frame, to: connection)
            active.consumer.setReady(connection.output.isEmpty && !active.isServed(member), delivery.member)
            noteHandedOver(connection, active)
            settle(connection)
        }
    }

    /// Notes that the kernel has everything a member was sent, which is all that `none` waits for.
    private func noteHandedOver(_ connection: Connection, _ active: ActiveConsumer) {
        guard active.consumer.settings.ack == .none, connection.output.isEmpty, active.held.isEmpty,
            !connection.isBroken
        else { return }
        active.consumer.handedOver()
        active.noteFinished(at: .now)
    }

    /// Tells the members of events that were parked.
    func announce(_ active: ActiveConsumer, since count: Int) {
        for event in active.consumer.parked.dropFirst(count) {
            logger.notice(
                "event parked",
                metadata: [
                    LogKey.consumer: "\(active.name.text)", "event": "\(event.id)", LogKey.reason: "\(event.reason)",
                ]
            )
            for token in active.members.keys { connections[token].map { send(Frames.dead(event), to: $0) } }
        }
    }
}
