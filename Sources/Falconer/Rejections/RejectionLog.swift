import Glibc
package import Logging
import Posix
package import SystemPackage
import Threading

/// The JSON-lines log of refused deliveries, bounded in every direction.
///
/// Every refusal is counted by its reason. Those within their address's rate are also written, by a thread of the log's
/// own, to a file that is turned over at ``fileBytesMax`` and of which one older copy is kept. What remote senders can
/// cost is therefore twice that many bytes of disk and ``queueMax`` lines of memory.
package final class RejectionLog: Sendable {
    /// The size at which the file is turned over.
    package static let fileBytesMax = 4 << 20
    /// Lines that wait to be written; more are counted and dropped.
    package static let queueMax = 1_024
    /// The newest refusals kept in memory for `falconer rejections`.
    package static let recentMax = 256

    private struct State: Sendable {
        var counts: [String: UInt64] = [:]
        var recent: [Rejection] = []
        var queue: [Rejection] = []
        var unwritten: UInt64 = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let thread: WorkerThread

    /// What the log holds at a moment.
    package struct Summary: Sendable {
        /// Refusals since the service started, by reason.
        package var counts: [String: UInt64]
        /// The newest, oldest first; at most ``RejectionLog/recentMax``.
        package var recent: [Rejection]
        /// Refusals that were counted and not written, for their rate or because the disk did not keep up.
        package var unwritten: UInt64
    }

    /// Opens the log and starts its thread.
    ///
    /// - Parameters:
    ///   - path: The file; the older copy has `.1` behind its name.
    ///   - logger: Where a failing disk is told, once.
    package init(path: FilePath, logger: Logger) {
        let state = state
        thread = WorkerThread(name: "rejections") {
            var file = RejectionFile(path: path, logger: logger)
            while let batch = Self.nextBatch(state) {
                for rejection in batch { file.append(rejection.line) }
            }
        }
    }

    /// Notes a refusal; never blocks on the disk.
    ///
    /// - Parameters:
    ///   - rejection: What was refused.
    ///   - isWritten: Whether it may cost a line, or is past its address's rate and only counted.
    package func note(_ rejection: Rejection, isWritten: Bool) {
        state.withLock { state in
            state.counts[rejection.reason, default: 0] += 1
            guard isWritten, state.queue.count < Self.queueMax, !state.isClosed else {
                state.unwritten += 1
                return
            }
            state.queue.append(rejection)
            state.recent.append(rejection)
            if state.recent.count > Self.recentMax { state.recent.removeFirst(state.recent.count - Self.recentMax) }
        }
        state.notifyOne()
    }

    /// What the log holds now.
    package var summary: Summary {
        state.withLock { Summary(counts: $0.counts, recent: $0.recent, unwritten: $0.unwritten) }
    }

    /// Writes what is queued and ends the thread.
    package func close() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        thread.join()
    }

    private static func nextBatch(_ state: Monitor<State>) -> [Rejection]? {
        state.wait(until: { !$0.queue.isEmpty || $0.isClosed }) { state in
            guard !state.queue.isEmpty else { return nil }
            let batch = state.queue
            state.queue = []
            return batch
        }
    }
}

/// The file behind the log.
///
/// A disk that fails costs lines of this log and nothing else.
private struct RejectionFile {
    let path: FilePath
    let logger: Logger
    var descriptor: FileDescriptor?
    var size = 0
    var hasFailed = false

    init(path: FilePath, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    mutating func append(_ line: [UInt8]) {
        do {
            if size + line.count > RejectionLog.fileBytesMax { try turnOver() }
            let file = try open()
            try file.writeAll(line)
            size += line.count
            hasFailed = false
        } catch {
            if !hasFailed { logger.warning("rejection log not written", metadata: ["error": "\(error)"]) }
            hasFailed = true
        }
    }

    private mutating func open() throws -> FileDescriptor {
        if let descriptor { return descriptor }
        let opened = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.append, .create, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead]
        )
        size = Int(try opened.seek(offset: 0, from: .end))
        descriptor = opened
        return opened
    }

    private mutating func turnOver() throws {
        let file = try open()
        guard size > 0 else { return }
        descriptor = nil
        size = 0
        try file.close()
        try systemCall("rename", on: path.string) { unsafe rename(path.string, path.string + ".1") }
    }
}
