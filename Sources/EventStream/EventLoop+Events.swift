import Logging
import Posix

extension EventLoop {
    /// Where a subscription could be started.
    private struct Opening {
        let plan: SubscriptionPlan
        let cursor: any EventCursor
    }

    /// How often a subscription is tried anew when events go away just then.
    private static let openingsMax = 3
    /// How many filters' selections are kept for the next subscriber.
    private static let selectionsMax = 16
    /// What the buffers that are shared by all may keep between two uses.
    private static let keptBytesMax = 1 << 20

    /// Begins a subscription, or says why not.
    func subscribe(_ connection: Connection, _ request: SubscriptionRequest) {
        do throws(Refusal) {
            let opening = try open(request)
            if let gap = opening.plan.gap { send(gap, to: connection) }
            connection.cursor = opening.cursor
            connection.subscription = Subscription(
                plan: opening.plan,
                position: opening.cursor.lastID,
                limits: limits,
                now: now
            )
            makeReady(connection)
        } catch {
            var refusal = error
            refusal.op = "subscribe"
            if refusal.code == .journalUnreadable {
                perform(connection.state.refuseAndClose(refusal), for: connection)
            } else {
                send(refusal.frame, to: connection)
                perform(connection.state.subscriptionEnded(wasRefused: true), for: connection)
            }
        }
    }

    /// Sends one turn's worth of events to a subscriber that has taken what it was sent before.
    func sendEvents(to connection: Connection) {
        guard connection.closing.isNo, connection.output.isEmpty, let cursor = connection.cursor,
            var subscription = connection.subscription
        else { return }
        do throws(EventLogError) {
            if subscription.isFinished {
                finish(connection, subscription)
                return
            }
            try goOver(cursor, &subscription)
            switch try readLines(cursor, isLive: subscription.isLive) {
            case .lines: sendLines(upTo: cursor.lastID, to: connection, &subscription)
            case .gap(let ids): send(subscription.gap(.damaged, to: ids.upperBound), to: connection)
            case .durableEnd:
                if let frame = subscription.reachedDurableEnd() ?? subscription.positionFrame(now: now) {
                    send(frame, to: connection)
                }
                connection.subscription = subscription
                return
            }
            connection.subscription = subscription
            if subscription.isFinished {
                finish(connection, subscription)
            } else if !subscription.isLive || !isAtDurableEnd(cursor) {
                makeReady(connection)
            }
        } catch {
            connection.subscription = subscription
            handle(error, of: connection)
        }
    }

    /// Reads the next lines into ``lines``, unless they are there.
    ///
    /// Who is live is woken for what becomes durable from here on; anybody else has to be told where the end is now.
    func readLines(_ cursor: any EventCursor, isLive: Bool) throws(EventLogError) -> EventRead {
        let before = cursor.place
        if let places = linesPlaces, places.before == before {
            cursor.go(to: places.behind)
            return .lines
        }
        if isLive, durableEndPlace == before { return .durableEnd }
        linesPlaces = nil
        selections.removeAll()
        lines.removeAll(keepingCapacity: lines.capacity <= Self.keptBytesMax)
        let outcome = try cursor.read(into: &lines, limit: limits.turnBytesMax)
        if outcome == .lines { linesPlaces = (before, cursor.place) }
        if outcome == .durableEnd { durableEndPlace = before }
        return outcome
    }

    /// Whether nothing more is durable; what becomes so from here on wakes the thread.
    private func isAtDurableEnd(_ cursor: any EventCursor) -> Bool {
        let place = cursor.place
        if durableEndPlace == place { return true }
        guard log.bounds.last == place.lastID else { return false }
        durableEndPlace = place
        return true
    }

    /// What a filter passes of ``lines``.
    func selection(by filter: EventFilter) -> Subscription.Selection {
        if let known = selections.first(where: { $0.filter == filter }) { return known.selection }
        let selection = Subscription.Selection(of: lines, by: filter)
        if selections.count < Self.selectionsMax { selections.append((filter, selection)) }
        return selection
    }

    /// Sends the lines that were read, or those of them that are wanted.
    ///
    /// They are moved by read and write, because each line's checksum is looked at in between: what went bad on the disk
    /// is told as a gap and never sent. Of a journal of 1 GB on two busy processors ('falconer bench replay'), sendfile(2)
    /// moved 1.8 to 2.6 GB/s, reading and writing blocks of this size 1.5 GB/s, cat and nc 0.3 to 1.0 GB/s, and this,
    /// which checks all of it, 0.5 GB/s for 0.65 s of processor time; that price buys the promise.
    private func sendLines(upTo lastID: UInt64, to connection: Connection, _ subscription: inout Subscription) {
        if subscription.takesWhole(upTo: lastID) {
            subscription.tookWhole(upTo: lastID)
            send(lines, to: connection)
            return
        }
        if let filter = subscription.filterAlone(upTo: lastID) {
            let selection = selection(by: filter)
            subscription.took(selection, upTo: lastID)
            send(selection.bytes, to: connection)
            if !subscription.isFinished, let frame = subscription.positionFrame(now: now) {
                send(frame, to: connection)
            }
            return
        }
        selected.removeAll(keepingCapacity: selected.capacity <= Self.keptBytesMax)
        subscription.select(from: lines, upTo: lastID, into: &selected)
        if !subscription.isFinished, let frame = subscription.positionFrame(now: now) {
            selected.append(contentsOf: frame)
        }
        send(selected, to: connection)
    }

    private func finish(_ connection: Connection, _ subscription: Subscription) {
        send(subscription.endingFrame, to: connection)
        connection.subscription = nil
        connection.cursor = nil
        perform(connection.state.subscriptionEnded(), for: connection)
    }

    private func open(_ request: SubscriptionRequest) throws(Refusal) -> Opening {
        var failure = EventLogError(.pruned, reason: "")
        for _ in 0..<Self.openingsMax {
            let plan = try SubscriptionPlan(request, source: log.source, bounds: log.bounds)
            do throws(EventLogError) {
                switch plan.start {
                case .after(let id): return Opening(plan: plan, cursor: try log.cursor(after: id))
                case .time(let time): return Opening(plan: plan, cursor: try log.cursor(from: time))
                }
            } catch {
                failure = error
                guard error.code == .pruned else { break }
            }
        }
        logger.error("journal could not be read", metadata: [LogKey.error: "\(failure)"])
        throw Self.unreadable
    }

    private func handle(_ error: EventLogError, of connection: Connection) {
        if error.code == .pruned, let gap = connection.subscription?.skipGap(to: log.bounds.first),
            let position = connection.subscription?.position
        {
            do throws(EventLogError) {
                connection.cursor = try log.cursor(after: position)
                send(gap, to: connection)
                makeReady(connection)
                return
            } catch {
                logger.error("journal could not be read", metadata: [LogKey.error: "\(error)"])
            }
        } else {
            logger.error("journal could not be read", metadata: [LogKey.error: "\(error)"])
        }
        perform(connection.state.refuseAndClose(Self.unreadable), for: connection)
    }

    private static let unreadable = Refusal(
        .journalUnreadable,
        "the journal could not be read: see the service's log, then connect again and go on after your last event"
    )
}
