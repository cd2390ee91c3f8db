package import Journal
package import Posix

/// What a journal holds, in numbers.
package struct JournalCensus: Sendable {
    /// How many segments there are.
    package internal(set) var segments = 0
    /// How many events.
    package internal(set) var events = 0
    /// How many bytes their lines have.
    package internal(set) var bytes = 0
    /// How many bytes are no valid line.
    package internal(set) var bytesDamaged = 0
    /// How many files are in quarantine.
    package internal(set) var quarantinedFiles = 0
    /// How many bytes they have.
    package internal(set) var quarantinedBytes = 0
    /// How many events of each type there are.
    package internal(set) var types: [EventType: Int] = [:]
    /// The lowest and the highest id.
    package internal(set) var ids: ClosedRange<UInt64>?
    /// The earliest and the latest time.
    package internal(set) var times: ClosedRange<WallTime>?
    /// How many events were recorded in the hour before now.
    package internal(set) var lastHour = 0
    /// How many events were recorded in the day before now.
    package internal(set) var lastDay = 0
    /// How many events each minute has, by minutes since 1970; minutes without one are left out.
    package internal(set) var minutes: [Int64: Int] = [:]

    private static let microsecondsPerMinute: Int64 = 60_000_000

    /// Counts a whole journal.
    ///
    /// - Parameters:
    ///   - inspection: The journal.
    ///   - now: What the last hour and the last day end with.
    ///   - workers: How many threads do it.
    ///   - progress: Told now and then how many bytes were read, and of how many.
    /// - Returns: The numbers.
    /// - Throws: ``JournalError`` when the files cannot be read.
    package static func take(
        _ inspection: JournalInspection,
        now: WallTime,
        workers: Int,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(JournalError) -> JournalCensus {
        let sweep = try JournalSweep(inspection)
        let all = sweep.bytes
        let parts = try sweep.run(workers: workers, progress: { progress($0, all) }) { _ in
            JournalCensus()
        } _: { piece, census in
            census.add(piece, now: now)
        }
        var census = JournalCensus()
        for part in parts { if let part { census.add(part) } }
        census.segments = sweep.segments.count
        let quarantine = try inspection.quarantine()
        census.quarantinedFiles = quarantine.count
        census.quarantinedBytes = quarantine.reduce(0) { $0 + $1.bytes }
        return census
    }

    /// Counts the events in equal stretches of time, from the earliest to the latest.
    ///
    /// - Parameter count: How many stretches at most; fewer where the journal covers fewer minutes.
    /// - Returns: The stretches with their beginnings, the first one first; empty without an event.
    package func histogram(_ count: Int) -> [(start: WallTime, events: Int)] {
        guard let times, count > 0 else { return [] }
        let first = Self.minute(times.lowerBound)
        let span = Self.minute(times.upperBound) - first + 1
        let width = (span + Int64(count) - 1) / Int64(count)
        var bars = (0..<(span + width - 1) / width).map { index in
            (start: WallTime(microseconds: (first + index * width) * Self.microsecondsPerMinute), events: 0)
        }
        for (minute, events) in minutes { bars[Int((minute - first) / width)].events += events }
        return bars
    }

    mutating func add(_ piece: InspectedPiece, now: WallTime) {
        guard case .line(let line, _) = piece else {
            if case .damaged(let piece) = piece { bytesDamaged += piece.range.count }
            return
        }
        events += 1
        bytes += line.bytes.count
        types[line.type, default: 0] += 1
        ids = min(ids?.lowerBound ?? line.id, line.id)...max(ids?.upperBound ?? line.id, line.id)
        let time = line.time
        times = min(times?.lowerBound ?? time, time)...max(times?.upperBound ?? time, time)
        minutes[Self.minute(time), default: 0] += 1
        let age = now.microseconds - time.microseconds
        if age < 60 * Self.microsecondsPerMinute { lastHour += 1 }
        if age < 24 * 60 * Self.microsecondsPerMinute { lastDay += 1 }
    }

    private mutating func add(_ other: JournalCensus) {
        events += other.events
        bytes += other.bytes
        bytesDamaged += other.bytesDamaged
        types.merge(other.types, uniquingKeysWith: +)
        minutes.merge(other.minutes, uniquingKeysWith: +)
        lastHour += other.lastHour
        lastDay += other.lastDay
        if let own = ids, let more = other.ids {
            ids = min(own.lowerBound, more.lowerBound)...max(own.upperBound, more.upperBound)
        } else {
            ids = ids ?? other.ids
        }
        if let own = times, let more = other.times {
            times = min(own.lowerBound, more.lowerBound)...max(own.upperBound, more.upperBound)
        } else {
            times = times ?? other.times
        }
    }

    private static func minute(_ time: WallTime) -> Int64 {
        // Rounded down also before 1970, so that a minute is never two.
        (time.microseconds - (time.microseconds < 0 ? microsecondsPerMinute - 1 : 0)) / microsecondsPerMinute
    }
}
