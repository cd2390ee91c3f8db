import EventStream
import Journal
import Posix

/// The journal as the event stream sees it.
struct JournalEventLog: EventLog {
    let journal: Journal

    var source: String { journal.source }

    var bounds: EventLogBounds {
        let bounds = journal.durable
        return EventLogBounds(first: bounds.first, last: bounds.last)
    }

    func cursor(after id: UInt64) throws(EventLogError) -> any EventCursor {
        do {
            return JournalCursor(try journal.reader(after: id))
        } catch {
            throw EventLogError(error)
        }
    }

    func cursor(from time: WallTime) throws(EventLogError) -> any EventCursor {
        do {
            return JournalCursor(try journal.reader(from: time))
        } catch {
            throw EventLogError(error)
        }
    }
}

/// A subscriber's place in the journal.
private final class JournalCursor: EventCursor {
    private let reader: JournalReader

    init(_ reader: JournalReader) {
        self.reader = reader
    }

    var lastID: UInt64 { reader.lastID }

    var place: EventPlace {
        EventPlace(lastID: reader.lastID, file: reader.nextPlace.segment, offset: reader.nextPlace.offset)
    }

    func go(to place: EventPlace) {
        reader.go(to: (place.file, place.offset), lastID: place.lastID)
    }

    var bytesLeft: Int { reader.bytesLeft }

    func read(into buffer: inout [UInt8], limit: Int) throws(EventLogError) -> EventRead {
        do {
            switch try reader.read(into: &buffer, limit: limit) {
            case .lines: return .lines
            case .caughtUp: return .durableEnd
            case .gap(let ids): return .gap(ids)
            }
        } catch {
            throw EventLogError(error)
        }
    }
}

extension EventLogError {
    /// What the journal's failure means to a subscriber.
    fileprivate init(_ error: JournalError) {
        switch error.code {
        case .pruned: self.init(.pruned, reason: error.message)
        case .closed: self.init(.closed, reason: error.message)
        default: self.init(.unreadable, reason: error.message)
        }
    }
}
