import EventStream
package import Journal
package import Posix

/// The lines of a journal, as they are, for other programs.
package struct JournalExport: Sendable {
    /// Which events are wanted: all that fit every condition that is there.
    package struct Filter: Sendable {
        /// Recorded at this time or later.
        package var since: WallTime?
        /// Recorded before this time.
        package var until: WallTime?
        /// Of one of these types; none means all.
        private var types: [Glob] = []
        /// Of an endpoint like this.
        private var endpoint: Glob?
        /// Of this submission.
        package var submission: String?

        /// Everything.
        package init() {}

        /// Adds a type, with `*` for any text.
        ///
        /// - Returns: False when it is empty or too long.
        package mutating func addType(_ pattern: String) -> Bool {
            guard let glob = Glob(pattern) else { return false }
            types.append(glob)
            return true
        }

        /// Sets the endpoint, with `*` for any text.
        ///
        /// - Returns: False when it is empty or too long.
        package mutating func setEndpoint(_ pattern: String) -> Bool {
            endpoint = Glob(pattern)
            return endpoint != nil
        }

        func accepts(_ line: EventLine) -> Bool {
            if !types.isEmpty {
                let type = line.rawBytes(.type)
                guard types.contains(where: { $0.matches(type) }) else { return false }
            }
            if let submission, line.submission != submission { return false }
            if let endpoint, !endpoint.matches(line.rawBytes(.endpoint)) { return false }
            guard since != nil || until != nil else { return true }
            let time = line.time
            return since.map { time >= $0 } ?? true && until.map { time < $0 } ?? true
        }
    }

    private let inspection: JournalInspection
    private let filter: Filter

    /// Prepares an export.
    package init(_ inspection: JournalInspection, _ filter: Filter) {
        self.inspection = inspection
        self.filter = filter
    }

    /// Hands over the wanted lines in the order of their ids, whole and byte for byte.
    ///
    /// What is no valid line of this journal, or repeats an id, is left out: ``JournalVerification`` tells of it. The
    /// newest segment is synchronized first, so that no line is handed over that a power cut could take back.
    ///
    /// - Parameter write: Takes some lines, each with its line feed.
    /// - Returns: How many events were handed over.
    /// - Throws: ``JournalError``, and what `write` throws.
    package func run(_ write: ([UInt8]) throws -> Void) throws -> Int {
        let source = try inspection.source()
        let sweep = try JournalSweep(inspection)
        if let newest = sweep.segments.last { _ = try inspection.synchronize(newest) }
        var count = 0
        var lastID: UInt64 = 0
        var lines: [UInt8] = []
        for part in sweep.parts {
            _ = try inspection.inspect(part.segment, part.range) { piece in
                guard case .line(let line, _) = piece, line.id > lastID,
                    source.map({ line.rawBytes(.source).elementsEqual($0.utf8) }) ?? true
                else { return }
                lastID = line.id
                guard filter.accepts(line) else { return }
                lines.append(contentsOf: line.bytes)
                count += 1
            }
            if !lines.isEmpty { try write(lines) }
            lines.removeAll(keepingCapacity: true)
        }
        return count
    }
}
