import Logging
import Posix

extension EventLoop {
    /// Sends whole lines, or keeps what the client does not take.
    func send(_ lines: [UInt8], to connection: Connection) {
        guard !lines.isEmpty, !connection.isBroken else { return }
        guard connection.output.isEmpty else {
            connection.output.append(lines)
            return
        }
        connection.lastProgress = now
        switch UnixSocket.send(lines.span, to: connection.descriptor.number) {
        case .bytes(let count):
            connection.lastSent = now
            if count < lines.count { connection.output.keepRest(of: lines, from: count) }
        case .wouldBlock: connection.output.keepRest(of: lines, from: 0)
        case .closed: connection.isBroken = true
        }
    }

    /// Offers what waits; goes on with events once all of it is taken.
    func sendOutput(of connection: Connection) {
        guard !connection.output.isEmpty, !connection.isBroken else { return }
        let number = connection.descriptor.number
        switch connection.output.withBytes({ UnixSocket.send($0, to: number) }) {
        case .bytes(let count):
            connection.output.drop(count)
            connection.lastProgress = now
            connection.lastSent = now
        case .wouldBlock: return
        case .closed: connection.isBroken = true
        }
        if connection.output.isEmpty, connection.isReceiving { makeReady(connection) }
    }

    /// Brings a connection's watch, timers and closing in line with what just happened to it.
    func settle(_ connection: Connection) {
        guard connections[connection.token] != nil else { return }
        if connection.closing.isNo {
            fetchReplies(connection)
            // A reply may have made room for a line that waits; one that has had its turn waits for the next.
            if connection.heldInput > 0, !connection.isReady { carryOutLines(of: connection) }
        }
        if connection.isBroken {
            close(connection)
            return
        }
        if case .flushing(_, let lingers) = connection.closing, connection.output.isEmpty {
            UnixSocket.endWriting(on: connection.descriptor.number)
            connection.closing = .lingering(
                until: lingers && !connection.state.inputHasEnded ? now + limits.farewellTime : now
            )
        }
        if case .lingering(let until) = connection.closing, until <= now {
            discardInput(of: connection)
            close(connection)
            return
        }
        count(connection, isReceiving: connection.isReceiving)
        watch(connection)
        schedule(connection.deadline(limits))
    }

    /// Takes replies out of the outbox, as long as the client takes them from here.
    func fetchReplies(_ connection: Connection) {
        guard connection.hasReplies, connection.output.count < limits.bufferBytesMax else { return }
        connection.hasReplies = false
        let delivery = shared.outbox.take(for: connection.token)
        send(delivery.frames, to: connection)
        if delivery.hasOverflowed {
            logger.notice("replies were not taken", metadata: [LogKey.connection: "\(connection.token)"])
            let refusal = Refusal(
                .outputOverflow,
                "more than \(limits.replyBytesMax) bytes of replies were waiting: connect again, read replies as they come"
            )
            perform(connection.state.refuseAndClose(refusal), for: connection)
        } else {
            perform(connection.state.commandsEnded(delivery.commandsEnded), for: connection)
        }
    }

    /// Closes as soon as everything is sent, and takes nothing more from the client.
    func beginClosing(_ connection: Connection, until: Instant?, lingers: Bool) {
        guard connection.closing.isNo else { return }
        connection.state.beginClosing()
        connection.closing = .flushing(until: until, lingers: lingers)
        connection.subscription = nil
        connection.cursor = nil
        leave(connection)
    }

    /// Tells a client that the connection ends, and where a subscriber is to go on; events not begun are left out.
    func sayFarewell(to connection: Connection, code: String, message: String, until: Instant?) {
        switch connection.closing {
        case .no: break
        case .flushing(_, let lingers):
            connection.closing = .flushing(until: until, lingers: lingers)
            return
        case .lingering:
            connection.closing = .lingering(until: now)
            return
        }
        let firstUnsent = connection.output.dropUnsentEvents()
        let position = firstUnsent.map { $0 - 1 } ?? connection.subscription?.position
        send(Frames.bye(code: code, id: position, message: message), to: connection)
        beginClosing(connection, until: until, lingers: false)
    }

    /// Does what is due without anything having happened.
    func checkTimes(of connection: Connection) {
        switch connection.closing {
        case .lingering: return
        case .flushing(let until?, _) where until <= now:
            connection.isBroken = true
            return
        case .flushing, .no: break
        }
        if !connection.output.isEmpty, connection.lastProgress + limits.stallTime <= now {
            checkStall(of: connection)
        }
        guard connection.closing.isNo else { return }
        perform(connection.state.timePassed(now: now), for: connection)
        if let active = connection.membership, connection.output.isEmpty,
            connection.lastSent + limits.heartbeatInterval <= now
        {
            send(Frames.heartbeat(last: active.consumer.read, time: .now), to: connection)
        }
        guard connection.output.isEmpty, let subscription = connection.subscription else { return }
        if let due = subscription.positionDue, due <= now {
            if let frame = connection.subscription?.positionFrame(now: now) { send(frame, to: connection) }
        } else if subscription.isLive, connection.lastSent + limits.heartbeatInterval <= now {
            send(Frames.heartbeat(last: subscription.position, time: .now), to: connection)
        }
    }

    private func checkStall(of connection: Connection) {
        // The kernel calls a socket writable only when three quarters of its buffer are free; a slow reader that has
        // taken less than that is not one that takes nothing.
        sendOutput(of: connection)
        guard !connection.output.isEmpty, connection.lastProgress < now else { return }
        logger.notice("client takes nothing", metadata: [LogKey.connection: "\(connection.token)"])
        sayFarewell(
            to: connection,
            code: "stalled",
            message: "nothing was taken for \(limits.stallTime): connect again and go on after this id",
            until: now
        )
        sendOutput(of: connection)
    }

    private func watch(_ connection: Connection) {
        var interest: Poller.Interest = []
        if !connection.output.isEmpty { interest.insert(.write) }
        switch connection.closing {
        case .no: if canTakeLine(connection), !connection.state.inputHasEnded { interest.insert(.read) }
        case .lingering: interest.insert(.read)
        case .flushing: break
        }
        guard interest != connection.interest else { return }
        connection.interest = interest
        do throws(SystemCallError) {
            try shared.poller.modify(connection.descriptor.number, token: connection.token, interest: interest)
        } catch {
            logger.error("descriptor could not be watched", metadata: [LogKey.error: "\(error)"])
            close(connection)
        }
    }

    /// Empties the socket's input, at most a few chunks, so that closing it does not look like a reset.
    private func discardInput(of connection: Connection) {
        for _ in 0..<16 {
            guard case .bytes = UnixSocket.receive(into: &chunk, from: connection.descriptor.number) else { return }
        }
    }
}
