import Logging
import Posix
import Synchronization

extension EventLoop {
    /// How long accepting rests when there is no descriptor left for another.
    private static let acceptPause: Duration = .seconds(1)

    /// Takes connections that wait.
    func acceptConnections(atMost limit: Int) {
        for _ in 0..<limit {
            do throws(SystemCallError) {
                guard let descriptor = try shared.listener.accept() else { return }
                try open(descriptor)
            } catch {
                // The listener stays readable, and would keep the thread busy with failing.
                logger.warning("connection could not be accepted", metadata: [LogKey.error: "\(error)"])
                acceptPausedUntil = now + Self.acceptPause
                watchListener([])
                schedule(acceptPausedUntil)
                return
            }
        }
    }

    func resumeAccepting() {
        acceptPausedUntil = nil
        watchListener(.read)
    }

    /// Closes a connection now, whatever waits; the descriptor itself closes with its last reference, in this turn.
    func close(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.token) != nil else { return }
        shared.outbox.close(connection.token)
        heldInput -= connection.heldInput
        connectionsOfUser[connection.peer.userID, default: 1] -= 1
        if connectionsOfUser[connection.peer.userID] == 0 { connectionsOfUser[connection.peer.userID] = nil }
        connection.subscription = nil
        connection.cursor = nil
        leave(connection)
        count(connection, isReceiving: false)
        shared.connections.store(connections.count, ordering: .relaxed)
        do throws(SystemCallError) {
            try shared.poller.remove(connection.descriptor.number)
        } catch {
            logger.error("descriptor could not be removed", metadata: [LogKey.error: "\(error)"])
        }
        logger.debug("connection closed", metadata: [LogKey.connection: "\(connection.token)"])
        if acceptPausedUntil != nil { resumeAccepting() }
    }

    private func open(_ descriptor: consuming OwnedDescriptor) throws(SystemCallError) {
        let peer = try PeerCredentials(ofPeerAt: descriptor.number)
        let metadata: Logger.Metadata = [
            LogKey.process: "\(peer.processID)", LogKey.user: "\(peer.userID)", LogKey.group: "\(peer.groupID)",
        ]
        if let refusal = refusal(for: peer) {
            logger.notice("connection refused", metadata: metadata)
            _ = UnixSocket.send(refusal.frame.span, to: descriptor.number)
            return
        }
        let token = makeToken()
        try shared.poller.add(descriptor.number, token: token, interest: .read)
        let connection = Connection(
            token: token,
            descriptor: descriptor,
            peer: peer,
            state: ConnectionState(limits: limits, operations: operations, now: now),
            limits: limits,
            now: now
        )
        connections[token] = connection
        connectionsOfUser[peer.userID, default: 0] += 1
        shared.connections.store(connections.count, ordering: .relaxed)
        shared.outbox.open(token)
        logger.debug(
            "connection opened",
            metadata: metadata.merging([LogKey.connection: "\(token)"]) { old, _ in old }
        )
        send(
            Frames.hello(source: log.source, bounds: log.bounds, heartbeat: limits.heartbeatInterval),
            to: connection
        )
        settle(connection)
    }

    private func refusal(for peer: PeerCredentials) -> Refusal? {
        if connections.count >= limits.connectionsMax {
            return Refusal(
                .tooManyConnections,
                "the service has \(limits.connectionsMax) connections, its most: close one or try again later"
            )
        }
        if connectionsOfUser[peer.userID, default: 0] >= limits.connectionsPerUserMax {
            return Refusal(
                .tooManyConnectionsOfUser,
                "user \(peer.userID) has \(limits.connectionsPerUserMax) connections, the most: close one or try again later"
            )
        }
        return nil
    }
}
