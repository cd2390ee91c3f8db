import FoundationEssentials
import Posix

/// A consumer's file: `DATA/consumers/NAME.json`, one JSON object that people can read.
struct ConsumerFile: Codable, Equatable {
    /// The version of this form.
    static let formatVersion = 1

    /// What is wrong with a file.
    enum Problem: Error, Equatable {
        /// It is not JSON of this form.
        case malformed
        /// It was written by a later version of the service.
        case laterVersion
        /// It belongs to another journal.
        case otherJournal
    }

    private var version: Int
    private var source: String
    private var name: String
    private var ack: String
    private var ackWaitMilliseconds: Int64
    private var maxInFlight: Int
    private var maxDeliveries: Int
    private var group: Bool
    private var hold: Bool
    private var filter: Filter
    private var read: String
    private var reserved: String
    private var redeliveries: Int
    private var pending: [Pending]
    private var parked: [Parked]

    private struct Filter: Codable, Equatable {
        var types: [String]?
        var endpoint: String?
        var submission: String?
        var status: String?
        var tag: String?
    }

    private struct Pending: Codable, Equatable {
        var id: String
        var deliveries: Int
    }

    private struct Parked: Codable, Equatable {
        var id: String
        var deliveries: Int
        var reason: String
        var time: String
    }

    /// The bytes of a file.
    static func encode(_ snapshot: ConsumerSnapshot, source: String) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(ConsumerFile(snapshot, source: source))) + [0x0A]
    }

    /// Reads the bytes of a file.
    ///
    /// - Throws: ``Problem``.
    static func decode(_ bytes: [UInt8], source: String) throws(Problem) -> ConsumerSnapshot {
        let file: ConsumerFile
        do {
            file = try JSONDecoder().decode(ConsumerFile.self, from: Data(bytes))
        } catch {
            throw .malformed
        }
        guard file.version <= formatVersion else { throw .laterVersion }
        guard file.source == source else { throw .otherJournal }
        guard let snapshot = file.snapshot else { throw .malformed }
        return snapshot
    }

    private init(_ snapshot: ConsumerSnapshot, source: String) {
        version = Self.formatVersion
        self.source = source
        name = snapshot.name
        ack = snapshot.settings.ack.rawValue
        ackWaitMilliseconds = snapshot.settings.ackWait.milliseconds
        maxInFlight = snapshot.settings.maxInFlight
        maxDeliveries = snapshot.settings.maxDeliveries
        group = snapshot.settings.isGroup
        hold = snapshot.settings.holds
        let filter = snapshot.settings.filter
        self.filter = Filter(
            types: filter.types.isEmpty ? nil : filter.types.map(\.text),
            endpoint: filter.endpoint?.text,
            submission: filter.submission?.text,
            status: filter.status?.rawValue,
            tag: filter.tag
        )
        read = String(snapshot.read)
        reserved = String(snapshot.reserved)
        redeliveries = snapshot.redeliveries
        pending = snapshot.pending.map { Pending(id: String($0.id), deliveries: $0.deliveries) }
        parked = snapshot.parked.map {
            Parked(id: String($0.id), deliveries: $0.deliveries, reason: $0.reason, time: $0.time.rfc3339)
        }
    }

    private var snapshot: ConsumerSnapshot? {
        guard let name = ConsumerName(name), let settings, let read = EventID.parse(read),
            let reserved = EventID.parse(reserved), reserved >= read
        else { return nil }
        let pending = pending.compactMap { event in
            EventID.parse(event.id).map { PendingEvent(id: $0, deliveries: event.deliveries) }
        }
        let parked = parked.compactMap { event -> ParkedEvent? in
            guard let id = EventID.parse(event.id), let time = WallTime(rfc3339: event.time) else { return nil }
            return ParkedEvent(id: id, deliveries: event.deliveries, reason: event.reason, time: time)
        }
        guard pending.count == self.pending.count, parked.count == self.parked.count,
            pending.allSatisfy({ $0.id <= read && $0.deliveries >= 0 })
        else { return nil }
        return ConsumerSnapshot(
            name: name.text,
            settings: settings,
            read: read,
            reserved: reserved,
            redeliveries: redeliveries,
            pending: pending,
            parked: parked
        )
    }

    private var settings: ConsumerSettings? {
        guard let ack = AckMode(rawValue: ack), ackWaitMilliseconds > 0,
            (1...ConsumerSettings.inFlightMax).contains(maxInFlight),
            (1...ConsumerSettings.deliveriesMax).contains(maxDeliveries)
        else { return nil }
        var filter = EventFilter()
        filter.types = (self.filter.types ?? []).compactMap { Glob($0) }
        filter.endpoint = self.filter.endpoint.flatMap { Glob($0) }
        filter.submission = self.filter.submission.flatMap { Glob($0) }
        filter.status = self.filter.status.flatMap { EventFilter.Status(rawValue: $0) }
        filter.tag = self.filter.tag
        return ConsumerSettings(
            ack: ack,
            ackWait: .milliseconds(ackWaitMilliseconds),
            maxInFlight: maxInFlight,
            maxDeliveries: maxDeliveries,
            isGroup: group,
            holds: hold,
            filter: filter
        )
    }
}

extension Duration {
    /// Whole milliseconds of it.
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
