import Journal
import Threading

/// A look at a whole journal, cut into parts that every processor takes one after the other.
struct JournalSweep: Sendable {
    /// How many bytes of a segment are looked at in one go.
    static let partBytes = 2 << 20

    /// A part of a segment.
    struct Part: Sendable {
        let segment: SegmentFile
        let range: Range<Int>
    }

    let inspection: JournalInspection
    let segments: [SegmentFile]
    let parts: [Part]

    /// Lists the segments as they are now.
    init(_ inspection: JournalInspection, partBytes: Int = JournalSweep.partBytes) throws(JournalError) {
        self.inspection = inspection
        segments = try inspection.segments()
        parts = segments.flatMap { segment in
            stride(from: 0, to: segment.bytes, by: partBytes).map { start in
                Part(segment: segment, range: start..<min(start + partBytes, segment.bytes))
            }
        }
    }

    /// All bytes there are to look at.
    var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }

    /// Looks at every part, on threads of their own.
    ///
    /// - Parameters:
    ///   - workers: How many threads.
    ///   - progress: Told now and then how many bytes were looked at, on the calling thread.
    ///   - report: Makes an empty report of a part.
    ///   - take: Adds a piece to a report.
    /// - Returns: The reports in the order of ``parts``; `nil` where the segment is gone.
    /// - Throws: ``JournalError``, the first there was.
    func run<Report: Sendable>(
        workers: Int,
        progress: (Int) -> Void,
        _ report: @escaping @Sendable (Part) -> Report,
        _ take: @escaping @Sendable (InspectedPiece, inout Report) -> Void
    ) throws(JournalError) -> [Report?] {
        let state = Monitor(SweepState<Report>(parts: parts.count))
        let threads = (0..<max(1, min(workers, parts.count))).map { _ in
            WorkerThread(name: "inspect") { [inspection, parts] in
                while let index = state.withLock({ $0.next() }) {
                    var made = report(parts[index])
                    do throws(JournalError) {
                        let isThere = try inspection.inspect(parts[index].segment, parts[index].range) { piece in
                            take(piece, &made)
                        }
                        let result = isThere ? made : nil
                        state.withLock { $0.finish(index, result, bytes: parts[index].range.count) }
                    } catch {
                        state.withLock { $0.fail(error) }
                    }
                    state.notifyAll()
                }
            }
        }
        var isDone = parts.isEmpty
        while !isDone {
            let (done, bytes) = state.wait(atMost: .milliseconds(100), until: { $0.isDone }) { state, isDone in
                (isDone, state.bytes)
            }
            isDone = done
            progress(bytes)
        }
        for thread in threads { thread.join() }
        let (failure, reports) = state.withLock { ($0.failure, $0.reports) }
        if let failure { throw failure }
        return reports
    }
}

private struct SweepState<Report: Sendable>: Sendable {
    var reports: [Report?]
    var failure: JournalError?
    var bytes = 0
    private var begun = 0
    private var finished = 0

    init(parts: Int) {
        reports = Array(repeating: nil, count: parts)
    }

    /// The index of the next part; after a failure there is none.
    mutating func next() -> Int? {
        guard failure == nil, begun < reports.count else { return nil }
        begun += 1
        return begun - 1
    }

    mutating func finish(_ index: Int, _ report: Report?, bytes: Int) {
        reports[index] = report
        finished += 1
        self.bytes += bytes
    }

    mutating func fail(_ error: JournalError) {
        failure = failure ?? error
        finished += 1
    }

    var isDone: Bool { finished == reports.count || (failure != nil && finished == begun) }
}
