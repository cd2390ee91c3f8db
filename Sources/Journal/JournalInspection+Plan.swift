import Posix

/// What the next start would do to one segment.
package struct PlannedRepair: Equatable, Sendable {
    /// The two ways.
    package enum Way: String, Sendable {
        /// The file is cut where its last valid line ends.
        case cut
        /// The file is written anew without the bytes, and put in the old one's place at once.
        case rewrite
    }

    /// The segment's file.
    package let fileName: String
    /// How.
    package let way: Way
    /// What goes into quarantine.
    package let ranges: [Range<Int>]
    /// How many bytes of valid lines stay.
    package let bytesKept: Int
}

extension JournalInspection {
    /// Says what a start would repair, found by the very code that decides at a start.
    ///
    /// Beside a running service its newest bytes may look as if they needed repair: they are still being written.
    ///
    /// - Parameter progress: Called with the bytes read so far, after each segment.
    /// - Returns: The segments with something to repair, in order.
    /// - Throws: ``JournalError``.
    package func plannedRepairs(
        progress: (Int) -> Void = { _ in }
    ) throws(JournalError) -> [PlannedRepair] {
        var plan: [PlannedRepair] = []
        var lastID: UInt64 = 0
        var read = 0
        let segments = try segments()
        for (index, segment) in segments.enumerated() {
            let endID = index + 1 < segments.count ? segments[index + 1].name.first : nil
            do throws(SystemCallError) {
                guard let file = try existing(segment.fileName) else { continue }
                var scanner = SegmentScanner(name: segment.name, file: file, lastID: lastID, endID: endID)
                try scanner.run { lastID = $0.id }
                read += scanner.scan.size
                progress(read)
                guard !scanner.scan.bad.isEmpty else { continue }
                plan.append(
                    PlannedRepair(
                        fileName: segment.fileName,
                        way: scanner.scan.isTornTailOnly ? .cut : .rewrite,
                        ranges: scanner.scan.bad.map(\.range),
                        bytesKept: scanner.scan.segment.bytes
                    )
                )
            } catch {
                throw JournalError(error)
            }
        }
        return plan
    }
}
