/// The files that are to be fetched: which one next, and when.
///
/// A value without I/O: outcomes and what came of attempts go in, jobs come out. It is filled from the journal, at a start
/// too. Its time is whatever counts up, in microseconds.
package struct DownloadList: Sendable {
    /// One file to be fetched.
    package struct Job: Sendable, Equatable {
        /// The sequence of the outcome that it belongs to.
        package let outcome: UInt64
        /// Its number among the outcome's files, from 0.
        package let index: Int
        /// Where it is.
        package let file: MediaFile
        /// The folder that it goes to.
        package let directory: String
        /// Where it goes beneath that folder.
        package let path: String
        /// Whose it is.
        package let origin: Origin

        /// Says what is to be fetched, and where it goes.
        package init(
            outcome: UInt64,
            index: Int,
            file: MediaFile,
            directory: String,
            path: String,
            origin: Origin
        ) {
            self.outcome = outcome
            self.index = index
            self.file = file
            self.directory = directory
            self.path = path
            self.origin = origin
        }
    }

    /// Whose a file is.
    package struct Origin: Sendable, Equatable {
        /// fal's id of the request.
        package var requestID: String
        /// Our id of the submission; nil where there is none.
        package var submission: String?
        /// The fal endpoint; nil where it is not known.
        package var endpoint: String?
        /// The label of the submission.
        package var tag: String?

        /// Gathers what is known.
        package init(requestID: String, submission: String? = nil, endpoint: String? = nil, tag: String? = nil) {
            self.requestID = requestID
            self.submission = submission
            self.endpoint = endpoint
            self.tag = tag
        }
    }

    /// What a file came to in the end.
    package enum Result: Sendable, Equatable {
        /// It is here.
        case saved(SavedFile)
        /// It will not be.
        case failed(DownloadFailure)
    }

    /// The first wait after an attempt that failed, microseconds; it doubles each time.
    package static let firstDelay: Int64 = 2_000_000
    /// The longest wait, microseconds.
    package static let delayMax: Int64 = 600_000_000
    /// How many attempts may fail in a way that is not expected to pass.
    package static let doubtsMax = 5

    private struct Key: Hashable, Sendable {
        let requestID: String
        let url: String

        init(requestID: String, url: String) {
            self.requestID = requestID
            self.url = url
        }

        init(_ job: Job) {
            self.init(requestID: job.origin.requestID, url: job.file.url)
        }
    }

    private struct Entry: Sendable {
        let job: Job
        let expires: Int64
        var failures = 0
        var doubts = 0
        var isRunning = false
        /// What it came to, where the journal has not taken that yet.
        var result: Result?
    }

    private var entries: [Key: Entry] = [:]
    private var waiting: [(due: Int64, key: Key)] = []
    private var lastRead: UInt64

    /// A list of nothing.
    ///
    /// - Parameter cursor: The event behind which outcomes are read.
    package init(cursor: UInt64) {
        lastRead = cursor
    }

    /// How many files are not settled.
    package var count: Int { entries.count }

    /// When the next attempt is due; nil while there is none.
    package var nextDue: Int64? { waiting.first?.due }

    /// The event before the first whose files are not all settled: a start reads on from there.
    package var cursor: UInt64 {
        entries.values.map { $0.job.outcome - 1 }.min().map { min($0, lastRead) } ?? lastRead
    }

    /// Takes note that the journal was read up to an event.
    package mutating func noteRead(_ id: UInt64) {
        lastRead = max(lastRead, id)
    }

    /// Takes in a file of an outcome; one that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - job: The file.
    ///   - expires: From when on it is not tried again.
    ///   - now: The time.
    package mutating func add(_ job: Job, expires: Int64, now: Int64) {
        let key = Key(job)
        guard entries[key] == nil else { return }
        entries[key] = Entry(job: job, expires: expires)
        wait(key, until: now)
    }

    /// Takes note that the journal says what a file came to.
    package mutating func settle(requestID: String, url: String) {
        let key = Key(requestID: requestID, url: url)
        guard let entry = entries[key], !entry.isRunning else { return }
        entries[key] = nil
        waiting.removeAll { $0.key == key }
    }

    /// Takes the next file that is due, with what it came to if only that has to be recorded.
    package mutating func next(now: Int64) -> (job: Job, result: Result?)? {
        guard let first = waiting.first, first.due <= now else { return nil }
        waiting.removeFirst()
        guard let entry = entries[first.key] else { return nil }
        entries[first.key]?.isRunning = true
        return (entry.job, entry.result)
    }

    /// Takes note that an attempt failed.
    ///
    /// - Parameters:
    ///   - job: What was tried.
    ///   - failure: Why it failed.
    ///   - now: The time.
    ///   - jitter: A random number in 0..<1.
    /// - Returns: How long it waits, microseconds; nil when it is not tried again, and that is to be recorded.
    package mutating func fail(_ job: Job, _ failure: DownloadFailure, now: Int64, jitter: Double) -> Int64? {
        let key = Key(job)
        guard var entry = entries[key] else { return nil }
        entry.failures += 1
        if failure.hope == .little { entry.doubts += 1 }
        let isOver = failure.hope == .none || entry.doubts >= Self.doubtsMax || now >= entry.expires
        entries[key] = entry
        return isOver ? nil : retry(key, atLeast: failure.retryAfter, now: now, jitter: jitter)
    }

    /// Keeps what a file came to until the journal takes it.
    package mutating func keep(_ result: Result, of job: Job, now: Int64, jitter: Double) {
        let key = Key(job)
        entries[key]?.result = result
        entries[key]?.failures += 1
        _ = retry(key, atLeast: 0, now: now, jitter: jitter)
    }

    /// Takes note that what a file came to is durable.
    package mutating func finish(_ job: Job) {
        entries[Key(job)] = nil
    }

    private mutating func retry(_ key: Key, atLeast: Int64, now: Int64, jitter: Double) -> Int64? {
        guard let entry = entries[key] else { return nil }
        let doubled = min(Self.firstDelay << Int64(min(max(entry.failures - 1, 0), 10)), Self.delayMax)
        let delay = max(atLeast, Int64(Double(doubled) * (0.5 + jitter / 2)))
        entries[key]?.isRunning = false
        wait(key, until: now + delay)
        return delay
    }

    private mutating func wait(_ key: Key, until due: Int64) {
        // From the end: what comes in is mostly due last.
        let place = waiting.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
        waiting.insert((due, key), at: place)
    }
}
