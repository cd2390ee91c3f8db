import Glibc
import Logging
import Posix
import SystemPackage
import Threading

/// The consumers' files: read at start, written on a thread of its own, so that no disk holds up the stream.
///
/// A file is always written anew and put in the old one's place, so that after a crash it is the old one or the new one,
/// whole; and a write that failed can be tried again, because nothing of it is used.
final class ConsumerStore: Sendable {
    /// The most bytes of a file that are read.
    static let fileBytesMax = 64 << 20
    /// How long after a failure it is tried again.
    static let retryTime = Duration.seconds(1)

    /// What was saved, or removed.
    struct Saved: Equatable, Sendable {
        let name: String
        /// The version that is on disk; nil when the file is gone.
        let version: UInt64?
    }

    private struct Job: Sendable {
        /// Nil to remove the file.
        var snapshot: ConsumerSnapshot?
        var version: UInt64
        /// What was finished, and when, that may not be in the file of times yet.
        var acks: [AckTimes.Entry] = []
        /// Whether the file of times is another consumer's, which had the name before.
        var forgetsAcks = false
    }

    private struct State: Sendable {
        var jobs: [ConsumerName: Job] = [:]
        var saved: [Saved] = []
        var isClosing = false
    }

    private let directory: String
    private let source: String
    private let state: Monitor<State>
    private let thread: WorkerThread

    /// Reads what is there, and begins to take what is to be saved.
    ///
    /// - Parameters:
    ///   - directory: Where the files are; made when missing.
    ///   - source: The journal the consumers belong to.
    ///   - logger: Where failures are told.
    ///   - onSaved: Called on the store's thread when ``takeSaved()`` has something.
    init(directory: String, source: String, logger: Logger, onSaved: @escaping @Sendable () -> Void) {
        self.directory = directory
        self.source = source
        let state = Monitor(State())
        self.state = state
        thread = WorkerThread(name: "consumers") {
            Self.run(state, directory: directory, source: source, logger: logger, onSaved: onSaved)
        }
    }

    deinit {
        close()
    }

    /// What is on disk: the consumers that can be read, and the names of those that cannot, with why.
    static func load(
        directory: String,
        source: String
    ) throws(SystemCallError) -> (consumers: [ConsumerSnapshot], unreadable: [String: String]) {
        do throws(SystemCallError) {
            _ = try Directory.make(directory, mode: 0o750)
        } catch {
            // A disk that takes nothing at the moment has no consumers in a folder that is not there.
            guard [.readOnlyFileSystem, .noSpace, .diskQuotaExceeded].contains(error.errno) else { throw error }
            return ([], [:])
        }
        var consumers: [ConsumerSnapshot] = []
        var unreadable: [String: String] = [:]
        for fileName in try Directory.names(in: directory).sorted() {
            guard let name = ConsumerName(fileName: fileName) else { continue }
            do {
                var bytes: [UInt8] = []
                let file = try OwnedDescriptor.open(directory + "/" + fileName, O_RDONLY)
                while try file.read(1 << 20, at: bytes.count, appendingTo: &bytes) > 0, bytes.count <= fileBytesMax {}
                consumers.append(try ConsumerFile.decode(bytes, source: source))
            } catch {
                unreadable[name.text] = "\(error)"
            }
        }
        return (consumers, unreadable)
    }

    /// Has a consumer written; a later state of the same consumer takes the place of one that still waits.
    ///
    /// - Parameters:
    ///   - snapshot: Its state.
    ///   - version: The version of that state, for ``takeSaved()``.
    ///   - acks: What was finished, and when, and was not saved before.
    ///   - forgetsAcks: Whether what is known of such times is another consumer's.
    func save(
        _ snapshot: ConsumerSnapshot,
        version: UInt64,
        acks: [AckTimes.Entry],
        forgettingAcks forgetsAcks: Bool
    ) {
        guard let name = ConsumerName(snapshot.name) else { return }
        state.withLock { state in
            let before = state.jobs[name].map { $0.forgetsAcks || $0.snapshot == nil } ?? false
            state.jobs[name] = Job(
                snapshot: snapshot,
                version: version,
                acks: acks,
                forgetsAcks: forgetsAcks || before
            )
        }
        state.notifyOne()
    }

    /// When a consumer finished an event, as far as that was saved; nil when it is not known.
    func ackTime(of id: UInt64, _ name: ConsumerName) -> WallTime? {
        AckTimes.time(of: id, in: directory + "/" + name.acksFileName)
    }

    /// Has a consumer's file removed.
    func remove(_ name: ConsumerName) {
        state.withLock { $0.jobs[name] = Job(snapshot: nil, version: 0) }
        state.notifyOne()
    }

    /// What was saved since the last call, oldest first.
    func takeSaved() -> [Saved] {
        state.withLock { state in
            defer { state.saved = [] }
            return state.saved
        }
    }

    /// Writes what waits, tries each once more, and ends the thread.
    func close() {
        state.withLock { $0.isClosing = true }
        state.notifyAll()
        thread.join()
    }

    private static func run(
        _ state: Monitor<State>,
        directory: String,
        source: String,
        logger: Logger,
        onSaved: @Sendable () -> Void
    ) {
        while true {
            let (jobs, isClosing) = state.wait(until: { !$0.jobs.isEmpty || $0.isClosing }) { state in
                defer { state.jobs = [:] }
                return (state.jobs, state.isClosing)
            }
            if jobs.isEmpty, isClosing { return }
            var failed: [ConsumerName: Job] = [:]
            for (name, job) in jobs {
                do {
                    try perform(job, name, directory: directory, source: source)
                    let saved = Saved(name: name.text, version: job.snapshot == nil ? nil : job.version)
                    state.withLock { $0.saved.append(saved) }
                } catch {
                    failed[name] = job
                    logger.error(
                        "consumer not saved",
                        metadata: ["consumer": "\(name.text)", LogKey.error: "\(error)"]
                    )
                }
            }
            if jobs.count > failed.count { onSaved() }
            guard !failed.isEmpty, !isClosing else { continue }
            state.withLock { [failed] state in
                for (name, job) in failed where state.jobs[name] == nil { state.jobs[name] = job }
            }
            state.wait(atMost: retryTime, until: { $0.isClosing }) { _, _ in }
        }
    }

    private static func perform(_ job: Job, _ name: ConsumerName, directory: String, source: String) throws {
        let path = directory + "/" + name.fileName
        let acksPath = directory + "/" + name.acksFileName
        if job.snapshot == nil || job.forgetsAcks { try remove(acksPath) }
        guard let snapshot = job.snapshot else {
            try remove(path)
            try Directory.synchronize(directory)
            return
        }
        let bytes = try ConsumerFile.encode(snapshot, source: source)
        _ = try Directory.make(directory, mode: 0o750)
        let temporary = path + ".tmp"
        let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
        var written = 0
        while written < bytes.count {
            written += try file.write(bytes.span.extracting(written...), at: written)
        }
        try file.synchronize()
        try Directory.rename(temporary, to: path)
        try Directory.synchronize(directory)
        // After what is promised, and without a promise: a disk that has no room for it costs the times only.
        try? AckTimes.write(job.acks, to: acksPath)
    }

    private static func remove(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Directory.remove(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
    }
}
