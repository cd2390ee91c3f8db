import Posix

extension EventLoop {
    /// Chunks that are read from one client before the others have their turn.
    private static let chunksPerTurn = 4

    /// Lines of one client that are carried out before the others have their turn.
    private static let linesPerTurn = 256

    /// Does what a descriptor is ready for.
    func handle(_ event: Poller.Event, of connection: Connection) {
        if event.ready.contains(.write) { sendOutput(of: connection) }
        if event.ready.contains(.read) || event.isHungUp {
            if connection.closing.isNo { readInput(of: connection) } else { dropInput(of: connection) }
        }
        // What a client sent before it went away has been read by now, and nobody is left to answer.
        if event.isHungUp { connection.isBroken = true }
        settle(connection)
    }

    /// Carries out the lines that are complete, as far as there is room for their answers.
    func carryOutLines(of connection: Connection) {
        connection.hasLines = false
        var lines = 0
        while connection.closing.isNo {
            guard lines < Self.linesPerTurn else {
                connection.hasLines = true
                makeReady(connection)
                break
            }
            guard canTakeLine(connection) else {
                connection.state.holdsPartOfALine(false, now: now)
                break
            }
            lines += 1
            switch connection.splitter.next() {
            case .line(let line):
                perform(connection.state.received(line), line: line, for: connection)
                continue
            case .incomplete:
                connection.state.holdsPartOfALine(connection.splitter.count > 0, now: now)
            case .tooLong:
                let refusal = Refusal(
                    .lineTooLong,
                    "a line has at most \(limits.commandLineBytesMax) bytes: connect again and send a shorter one"
                )
                perform(connection.state.refuseAndClose(refusal), for: connection)
            }
            break
        }
        countInput(of: connection)
    }

    /// Whether the client may say more now; otherwise the kernel holds it up.
    func canTakeLine(_ connection: Connection) -> Bool {
        connection.state.wantsLine && !connection.hasLines && connection.output.count < limits.bufferBytesMax
    }

    private func readInput(of connection: Connection) {
        for _ in 0..<Self.chunksPerTurn {
            guard connection.closing.isNo, canTakeLine(connection), !connection.state.inputHasEnded else { return }
            switch UnixSocket.receive(into: &chunk, from: connection.descriptor.number) {
            case .bytes(let count):
                connection.splitter.append(chunk[..<count])
                carryOutLines(of: connection)
            case .wouldBlock: return
            case .ended:
                // Many who type a line by hand, or print it, leave out its end.
                if let line = connection.splitter.takeRest() {
                    perform(connection.state.received(line), line: line, for: connection)
                }
                perform(connection.state.inputEnded(), for: connection)
                countInput(of: connection)
                sayFarewellToSilentMember(connection)
                return
            }
        }
    }

    private func dropInput(of connection: Connection) {
        for _ in 0..<Self.chunksPerTurn {
            switch UnixSocket.receive(into: &chunk, from: connection.descriptor.number) {
            case .bytes: continue
            case .wouldBlock: return
            case .ended:
                if case .lingering = connection.closing { connection.closing = .lingering(until: now) }
                return
            }
        }
    }

    private func countInput(of connection: Connection) {
        if !connection.closing.isNo { connection.splitter.removeAll() }
        heldInput += connection.splitter.count - connection.heldInput
        connection.heldInput = connection.splitter.count
        if heldInput > limits.inputBytesMax, connection.closing.isNo, connection.heldInput > 0 {
            let refusal = Refusal(.busy, "the service holds too many incomplete lines: connect again later")
            perform(connection.state.refuseAndClose(refusal), for: connection)
            countInput(of: connection)
        }
    }

    /// Does what the connection's state says.
    func perform(_ action: ConnectionState.Action?, line: [UInt8] = [], for connection: Connection) {
        switch action {
        case nil: break
        case .subscribe(let request):
            if var refusal = access.refusal(.subscribe, to: connection.peer) {
                refusal.op = "subscribe"
                send(refusal.frame, to: connection)
                perform(connection.state.subscriptionEnded(wasRefused: true), for: connection)
            } else if let consumer = request.consumer {
                join(connection, request, consumer)
            } else {
                subscribe(connection, request)
            }
        case .command(let op, let reference):
            let reply = CommandReply(op: op, reference: reference, connection: connection.token, outbox: shared.outbox)
            if let refusal = access.refusal(StreamAccess.Right(op: op), to: connection.peer) {
                reply.fail(code: refusal.code.rawValue, message: refusal.message)
            } else {
                commands.handle(op: op, line: line, peer: connection.peer, reply: reply)
            }
        case .consumer(let operation, let op, let reference):
            perform(operation, op: op, reference: reference, for: connection)
        case .refuse(let refusal): send(refusal.frame, to: connection)
        case .refuseAndClose(let refusal):
            if connection.subscription != nil { _ = connection.output.dropUnsentEvents() }
            send(refusal.frame, to: connection)
            beginClosing(connection, until: now + limits.farewellTime, lingers: true)
        case .close: beginClosing(connection, until: nil, lingers: false)
        }
    }
}
