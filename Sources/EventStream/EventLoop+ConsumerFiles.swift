import DequeModule
import Logging
import Posix
import Threading

extension EventLoop {
    /// Hands a consumer to the store, when something waits for it or its time has come.
    func save(_ active: ActiveConsumer) {
        guard active.isDirty else { return }
        let waits = active.held.contains { $0.version > active.submittedVersion }
        let due = active.lastSubmit.map { $0 + limits.consumerSaveInterval } ?? now
        if waits || due <= now { submit(active) } else { schedule(due) }
    }

    /// Hands a consumer to the store.
    func submit(_ active: ActiveConsumer) {
        let snapshot = active.consumer.snapshot
        active.submittedVersion = active.consumer.version
        active.submittedCursors.append(
            (active.consumer.version, active.consumer.cursor, snapshot.reserved, active.ackCount)
        )
        let isNew = active.lastSubmit == nil && active.savedVersion == 0
        active.lastSubmit = now
        consumers.store.save(
            snapshot,
            version: active.submittedVersion,
            acks: Array(active.acks),
            forgettingAcks: isNew
        )
    }

    /// Takes note of what is on disk, and sends what waited for it.
    func takeSaved() {
        for saved in consumers.store.takeSaved() {
            guard let name = ConsumerName(saved.name), let active = consumers.active[name], let version = saved.version
            else { continue }
            active.savedVersion = max(active.savedVersion, version)
            while let first = active.submittedCursors.first, first.version <= version {
                active.savedReserved = max(active.savedReserved, first.reserved)
                active.acksSaved(first.acks)
                if active.consumer.settings.holds {
                    shared.holds.withLock { $0[saved.name] = first.cursor }
                }
                active.submittedCursors.removeFirst()
            }
            sendHeld(active)
            serve(active)
        }
    }

    /// Sends what waited for the disk and need not wait any more.
    func sendHeld(_ active: ActiveConsumer) {
        while let held = active.nextHeld() {
            guard let connection = connections[held.member] else { continue }
            send(held.frame, to: connection)
            settle(connection)
        }
    }

    /// Looks at every consumer whose time may have come.
    func serveConsumers() {
        for active in consumers.active.values { serve(active) }
    }

    /// Writes what is known of every consumer; nobody takes part in one any more.
    func closeConsumers() {
        for active in consumers.active.values {
            consumers.store.save(
                active.consumer.cleanSnapshot,
                version: active.consumer.version,
                acks: Array(active.acks),
                forgettingAcks: false
            )
        }
        consumers.store.close()
    }
}

/// The consumers of a server.
struct Consumers {
    var active: [ConsumerName: ActiveConsumer] = [:]
    /// Consumers whose file cannot be read, and why.
    var unreadable: [String: String] = [:]
    let store: ConsumerStore

    /// Takes what was found on disk.
    init(_ snapshots: [ConsumerSnapshot], unreadable: [String: String], store: ConsumerStore) {
        self.store = store
        self.unreadable = unreadable
        for snapshot in snapshots {
            guard let name = ConsumerName(snapshot.name) else { continue }
            active[name] = ActiveConsumer(name: name, consumer: Consumer(snapshot), savedVersion: 1)
        }
    }
}
