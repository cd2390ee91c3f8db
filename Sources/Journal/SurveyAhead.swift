import Posix
import Threading

/// Surveys many segments, on several threads if asked to, and hands out what was found in the order of names.
struct SurveyAhead {
    /// How many surveys may wait to be taken, beside those of the journal's end: each holds an index in memory.
    static let waitingMax = 4

    let surveyor: SegmentSurveyor
    /// In order.
    let names: [SegmentName]
    /// The place in `names` of the first segment that is read in any case.
    let tail: Int

    /// Calls `take` with every survey in order, on the calling thread.
    ///
    /// - Parameters:
    ///   - threads: How many threads look at segments; with 0 the calling one does, one segment after the other.
    ///   - take: What to do with a survey.
    /// - Throws: What the first survey failed with, or `take`.
    func run(
        threads: Int,
        _ take: (SegmentSurvey) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        guard threads > 0, names.count > 1 else {
            for place in names.indices { try take(survey(place)) }
            return
        }
        let progress = Monitor(Progress())
        let workers = (0..<min(threads, names.count)).map { _ in
            WorkerThread(name: "recovery") { [self] in work(progress) }
        }
        defer {
            progress.withLock { $0.isOver = true }
            progress.notifyAll()
            workers.forEach { $0.join() }
        }
        for place in names.indices {
            let result = progress.wait(until: { $0.found[place] != nil }) { progress in
                progress.taken += 1
                return progress.found.removeValue(forKey: place)
            }
            progress.notifyAll()
            guard let result else { preconditionFailure("a survey was waited for and is not there") }
            try take(result.get())
        }
    }

    private func survey(_ place: Int) throws(SystemCallError) -> SegmentSurvey {
        try surveyor.survey(names[place], trusting: place < tail, before: endID(of: place))
    }

    /// The first id of the segment behind the one at that place.
    func endID(of place: Int) -> UInt64? {
        place + 1 < names.count ? names[place + 1].first : nil
    }

    /// What the threads share.
    private struct Progress {
        /// How many surveys were begun.
        var begun = 0
        /// How many were taken.
        var taken = 0
        /// Those that wait, by their place.
        var found: [Int: Result<SegmentSurvey, SystemCallError>] = [:]
        /// Whether nobody wants more.
        var isOver = false
    }

    private func work(_ progress: Monitor<Progress>) {
        let ahead = names.count - tail + Self.waitingMax
        while true {
            let turn: Int? = progress.wait(
                until: { $0.isOver || $0.begun == names.count || $0.begun - $0.taken < ahead },
                { progress in
                    guard !progress.isOver, progress.begun < names.count else { return nil }
                    progress.begun += 1
                    return progress.begun - 1
                }
            )
            guard let turn else { return }
            // The end first: it is read whole, which takes longer than a look at all the indexes.
            let place = turn < names.count - tail ? tail + turn : turn - (names.count - tail)
            let result: Result<SegmentSurvey, SystemCallError>
            do throws(SystemCallError) { result = .success(try survey(place)) } catch { result = .failure(error) }
            progress.withLock { $0.found[place] = result }
            progress.notifyAll()
        }
    }
}
