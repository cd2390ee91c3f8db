import HTTPClient
import JSONText
import Journal
import Logging
import Posix
import SystemPackage
import Threading

/// Fetches the files of results before they expire: after the outcome is durable, and so after fal has had its 200.
///
/// It follows the journal. What it holds is what outcomes and the events `fal.media.*` add up to behind its cursor, so
/// that after a start what is saved is not fetched again, and what is not is.
final class Downloader: Sendable {
    /// How many files are fetched at once.
    static let threadCount = 4
    /// So many files wait at most before the journal is read no further.
    static let waitingMax = 10_000
    /// How much of the journal is read at once.
    static let readBytes = 256 << 10
    /// How often the cursor is noted.
    static let noteInterval: Int64 = 1_000_000

    private struct State: Sendable {
        var list: DownloadList
        /// There is something new in the journal.
        var hasNews = true
        /// All that the journal held at the start was read: what it says is saved is known.
        var isCaughtUp = false
        var isClosed = false
    }

    private let configuration: DownloadConfiguration
    private let ledger: Ledger
    private let cursor: DownloadCursor
    private let logger: Logger
    private let state: Monitor<State>
    private let fetches: [MediaFetch]
    private let threads: Monitor<[WorkerThread]>

    /// Prepares; nothing is fetched before ``start()``.
    init(
        _ configuration: DownloadConfiguration,
        ledger: Ledger,
        cursorPath: FilePath,
        logger: Logger,
        resolve: @escaping MediaFetch.Resolve = { host, port throws(NameResolutionError) in
            try InternetAddress.resolve(host, port: port)
        }
    ) throws(HTTPClientError) {
        self.configuration = configuration
        self.ledger = ledger
        self.logger = logger
        cursor = DownloadCursor(path: cursorPath, logger: logger)
        let last = ledger.journal.durable.last
        let noted = cursor.read()
        // The first time it begins with what is still to come.
        if noted == nil { cursor.write(last) }
        state = Monitor(State(list: DownloadList(cursor: min(noted ?? last, last))))
        var fetches: [MediaFetch] = []
        for _ in 0..<Self.threadCount {
            fetches.append(try MediaFetch(configuration, source: ledger.journal.source, resolve: resolve))
        }
        self.fetches = fetches
        threads = Monitor([])
    }

    /// Starts to follow the journal and to fetch.
    func start() {
        var started = [WorkerThread(name: "downloads") { [self] in follow() }]
        started += fetches.enumerated().map { number, fetch in
            WorkerThread(name: "download \(number)") { [self] in
                while let (job, result) = next() { work(on: job, result, fetch) }
            }
        }
        threads.withLock { [started] in $0 = started }
    }

    /// Says that there are new events to read; any thread may call.
    func eventsBecameDurable() {
        state.withLock { $0.hasNews = true }
        state.notifyAll()
    }

    /// Ends the threads; what is under way is gone on with after the next start.
    func stop() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        for fetch in fetches { fetch.client.cancel() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    // MARK: - Fetching

    private func next() -> (DownloadList.Job, DownloadList.Result?)? {
        while true {
            let now = monotonic()
            let (work, wake, isClosed) = state.withLock {
                state -> ((job: DownloadList.Job, result: DownloadList.Result?)?, Int64, Bool) in
                guard !state.isClosed, state.isCaughtUp else { return (nil, .max, state.isClosed) }
                return (state.list.next(now: now), state.list.nextDue ?? .max, false)
            }
            if isClosed { return nil }
            if let work { return (work.job, work.result) }
            state.wait(
                atMost: .microseconds(max(1_000, min(wake, now + 3_600_000_000) - now)),
                until: { $0.isClosed || ($0.isCaughtUp && ($0.list.nextDue ?? .max) < wake) },
                { _, _ in }
            )
        }
    }

    private func work(on job: DownloadList.Job, _ result: DownloadList.Result?, _ fetch: MediaFetch) {
        if let result { return record(result, job) }
        do throws(DownloadFailure) {
            record(.saved(try fetch.run(job)), job)
        } catch {
            if error.code == .interrupted { return }
            let wait = state.withLock { $0.list.fail(job, error, now: monotonic(), jitter: .random(in: 0..<1)) }
            guard let wait else {
                fetch.discard(job)
                return record(.failed(error), job)
            }
            logger.warning(
                "a file could not be fetched; trying again",
                metadata: ["url": "\(job.file.url)", "why": "\(error)", "seconds": "\(wait / 1_000_000)"]
            )
            state.notifyAll()
        }
    }

    private func record(_ result: DownloadList.Result, _ job: DownloadList.Job) {
        let answer = Monitor<Result<UInt64, Ledger.Failure>?>(nil)
        ledger.append(job.event(of: result, at: .now)) { outcome in
            answer.withLock { $0 = outcome }
            answer.notifyAll()
        }
        switch answer.wait(until: { $0 != nil }, { $0 }) {
        case .success: state.withLock { $0.list.finish(job) }
        case .failure(let failure):
            logger.error(
                "what became of a file is not recorded; trying again",
                metadata: ["url": "\(job.file.url)", "error": "\(failure)"]
            )
            state.withLock { $0.list.keep(result, of: job, now: monotonic(), jitter: .random(in: 0..<1)) }
        case nil: break
        }
        state.notifyAll()
    }

    // MARK: - Following the journal

    private func follow() {
        var place = DownloadPlace(noted: state.withLock { $0.list.cursor })
        while !state.withLock({ $0.isClosed }) {
            state.withLock { $0.hasNews = false }
            let isAtEnd = readOn(&place)
            let cursor = state.withLock { $0.list.cursor }
            let now = monotonic()
            if cursor != place.noted, now >= place.noteDue {
                self.cursor.write(cursor)
                place.noted = cursor
                place.noteDue = now + Self.noteInterval
            }
            // Without something to note there is nothing to come back for.
            let isDone = cursor == place.noted && place.reader != nil
            let wait = isDone ? 3_600_000_000 : max(Self.noteInterval / 10, place.noteDue - now)
            state.wait(
                atMost: .microseconds(wait),
                until: { $0.isClosed || (($0.hasNews || !isAtEnd) && $0.list.count < Self.waitingMax) },
                { _, _ in }
            )
        }
        let cursor = state.withLock { $0.list.cursor }
        if cursor != place.noted { self.cursor.write(cursor) }
    }

    /// Reads to the end of the journal, or until enough waits.
    ///
    /// - Returns: Whether there is nothing more to be read for now.
    private func readOn(_ place: inout DownloadPlace) -> Bool {
        do throws(JournalError) {
            let reader: JournalReader
            if let known = place.reader {
                reader = known
            } else {
                let last = place.lastID ?? state.withLock { $0.list.cursor }
                reader = try ledger.journal.reader(after: last)
            }
            place.reader = reader
            while state.withLock({ !$0.isClosed && (!$0.isCaughtUp || $0.list.count < Self.waitingMax) }) {
                var lines: [UInt8] = []
                let outcome = try reader.read(into: &lines, limit: Self.readBytes)
                if outcome == .caughtUp {
                    state.withLock { $0.isCaughtUp = true }
                    state.notifyAll()
                    return true
                }
                for line in lines.split(separator: UInt8(ascii: "\n")) {
                    if let event = try? EventLine.parse(Array(line)) { take(event) }
                }
                place.lastID = reader.lastID
                state.withLock { [last = reader.lastID] in $0.list.noteRead(last) }
            }
            return false
        } catch {
            // What it began to read may have been deleted meanwhile: it goes on with what is there.
            place.reader = nil
            logger.warning("the journal could not be read for downloads", metadata: ["why": "\(error)"])
            return true
        }
    }

    private func take(_ event: EventLine) {
        switch event.type {
        case .requestSucceeded: add(event)
        case .mediaSaved, .mediaFailed:
            guard let request = event.subject, let data = event.data,
                let members = try? JSONText.members(of: data.span), let slice = members.value(of: "url"),
                let url = try? JSONText.string(slice, in: data.span)
            else { return }
            state.withLock { $0.list.settle(requestID: request, url: url) }
        default: break
        }
    }

    private func add(_ event: EventLine) {
        guard let data = event.data, let requestID = event.subject, let directory = directory(for: event) else {
            return
        }
        let jobs = DownloadList.Job.all(of: event.id, data, configuration.template, directory) {
            DownloadList.Origin(
                requestID: requestID,
                submission: event.submission,
                endpoint: event.endpoint,
                tag: event.tag
            )
        }
        guard !jobs.isEmpty else { return }
        let now = monotonic()
        let age = max(0, WallTime.now.microseconds - event.time.microseconds)
        let expires = now - age + Int64(configuration.lifetime / .microseconds(1))
        state.withLock { state in
            for job in jobs { state.list.add(job, expires: expires, now: now) }
        }
        state.notifyAll()
    }

    /// Where the files of an outcome go; nil when nobody wants them.
    private func directory(for event: EventLine) -> String? {
        guard !configuration.permitted.isEmpty, let id = event.submission.flatMap({ SubmissionID($0) }),
            let entry = ledger.withBook({ $0.entry(id) }), let wanted = ledger.downloadFolder(entry)
        else { return configuration.directory }
        // It was permitted when it was submitted; the service may have been told otherwise since.
        guard configuration.permits(wanted) else {
            logger.warning(
                "a submission's files may not go where it wants them",
                metadata: ["submission": "\(id)", "folder": "\(wanted)"]
            )
            return configuration.directory
        }
        return wanted
    }
}

/// Where in the journal the downloads are.
private struct DownloadPlace {
    var reader: JournalReader?
    var lastID: UInt64?
    var noted: UInt64
    var noteDue: Int64 = 0

    init(noted: UInt64) {
        self.noted = noted
    }
}
