package import HTTPClient
import JSONText
package import Logging
import Posix
package import SystemPackage
import Threading
package import Webhook

/// Keeps fal's keys: fetched on time, fetched anew when a signature fits none, and kept on disk for the next start.
///
/// The decisions are those of ``KeySetCache``; this runs them on a thread of its own, where fetching may block.
package final class KeyKeeper: Sendable {
    /// How long a fetch may take; fal waits 15 s for an answer to a delivery, and one may wait for the fetch.
    package static let fetchTime: Duration = .seconds(10)

    private struct State: Sendable {
        var cache = KeySetCache()
        var pending: [KeySetCache.Action] = []
        var tickAt: ContinuousClock.Instant?
        var waiting: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let source: KeySource
    private let path: FilePath
    private let logger: Logger
    private let client: HTTPClient
    private let state: Monitor<State>
    private let thread: Monitor<WorkerThread?>

    /// Prepares to keep the keys of a source.
    ///
    /// - Parameters:
    ///   - source: Where the keys come from.
    ///   - path: Where the last good set is kept.
    ///   - logger: Where failures are told.
    /// - Throws: ``HTTPClientError`` when there is no memory for a client.
    package init(source: KeySource, path: FilePath, logger: Logger) throws(HTTPClientError) {
        self.source = source
        self.path = path
        self.logger = logger
        var options = HTTPClientOptions()
        options.totalTimeout = Self.fetchTime
        options.responseBytesMax = KeySet.byteCountMax
        client = try HTTPClient(options)
        state = Monitor(State())
        thread = Monitor(nil)
    }

    /// Reads what was kept and starts to fetch; a file is read before this returns.
    package func start() {
        let stored = storedRecord()
        state.withLock { state in
            perform(state.cache.start(stored: stored, now: sinceEpoch()), on: &state)
        }
        if case .file = source {
            // Nothing is kept of a file, so the start has asked for it; no delivery need come before it.
            state.withLock { $0.pending = [] }
            fetch()
        }
        let started = WorkerThread(name: "keys") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// The keys to verify with; nil until the first come.
    package var keySet: KeySet? { state.withLock { $0.cache.keySet } }

    /// Notes that a signature fits no key.
    ///
    /// - Parameter retry: Called from the keys' thread once a fetch that may bring the key is over.
    /// - Returns: Whether `retry` will be called; otherwise the keys are known to be new enough.
    package func miss(_ retry: @escaping @Sendable () -> Void) -> Bool {
        let waits = state.withLock { state in
            let (answer, actions) = state.cache.noKeyMatched(now: sinceEpoch())
            perform(actions, on: &state)
            guard answer == .waitForRefresh, !state.isClosed else { return false }
            state.waiting.append(retry)
            return true
        }
        state.notifyAll()
        return waits
    }

    /// Ends the thread; who waits is called back first.
    package func stop() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
        client.cancel()
        thread.withLock { $0.take() }?.join()
    }

    private func perform(_ actions: [KeySetCache.Action], on state: inout State) {
        for action in actions {
            if case .tick(let delay) = action {
                state.tickAt = .now + delay
            } else {
                state.pending.append(action)
            }
        }
    }

    private func run() {
        while let action = nextAction() {
            switch action {
            case .fetch: fetch()
            case .persist(let record): persist(record)
            case .tick: break
            }
        }
        for retry in takeWaiting() { retry() }
    }

    private func nextAction() -> KeySetCache.Action? {
        while true {
            let delay = state.withLock { state in state.tickAt.map { ContinuousClock.now.duration(to: $0) } }
            let (action, isClosed) = state.wait(
                atMost: min(delay ?? .seconds(3_600), .seconds(3_600)),
                until: { $0.isClosed || !$0.pending.isEmpty },
                { state, _ -> (KeySetCache.Action?, Bool) in
                    if state.isClosed { return (nil, true) }
                    if state.pending.isEmpty, let tickAt = state.tickAt, tickAt <= .now {
                        state.tickAt = nil
                        perform(state.cache.tick(now: sinceEpoch()), on: &state)
                    }
                    return (state.pending.isEmpty ? nil : state.pending.removeFirst(), false)
                }
            )
            if isClosed { return nil }
            if let action { return action }
        }
    }

    private func fetch() {
        do {
            let record = try KeySetRecord(source: try fetchedBytes(), fetchedAt: sinceEpoch())
            state.withLock { state in
                perform(state.cache.fetchSucceeded(record, now: sinceEpoch()), on: &state)
            }
            logger.info(
                "key set fetched",
                metadata: [
                    "source": "\(source.name)", "keys": "\(record.keySet.keys.count)",
                    "skipped": "\(record.keySet.skippedCount)",
                ]
            )
        } catch {
            let isWithoutKeys = state.withLock { state in
                perform(state.cache.fetchFailed(now: sinceEpoch(), jitter: .random(in: 0...1)), on: &state)
                return state.cache.keySet == nil
            }
            logger.warning(
                "key set not fetched",
                metadata: [
                    "source": "\(source.name)", "error": "\(error)",
                    "effect": isWithoutKeys ? "deliveries get 503" : "the last set is used on",
                ]
            )
        }
        for retry in takeWaiting() { retry() }
    }

    private func takeWaiting() -> [@Sendable () -> Void] {
        state.withLock { state in
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
    }

    private func fetchedBytes() throws -> [UInt8] {
        switch source {
        case .file(let path):
            return try readFile(path, bytesMax: KeySet.byteCountMax)
        case .url(let url):
            let response = try client.send(HTTPRequest(method: .get, url: url))
            guard response.status == 200 else { throw KeyFetchFailure.status(response.status) }
            return response.body
        }
    }

    /// The set that was kept, if it came from the same source: a set of the emulator's must not verify for fal.
    private func storedRecord() -> KeySetRecord? {
        guard case .url = source, let bytes = try? readFile(path, bytesMax: 2 * KeySet.byteCountMax),
            let members = try? JSONText.members(of: bytes.span, depthMax: JSONText.envelopeDepthMax),
            let from = members.value(of: "from"), (try? JSONText.string(from, in: bytes.span)) == source.name
        else { return nil }
        return try? KeySetRecord(decoding: bytes)
    }

    private func persist(_ record: [UInt8]) {
        guard case .url = source else { return }
        var writer = JSONObjectWriter()
        writer.member("from", source.name)
        // Both are objects: one with the source, one with the rest.
        let bytes = writer.bytes.dropLast() + [UInt8(ascii: ",")] + record.dropFirst()
        do {
            try replaceFile(path, with: Array(bytes))
        } catch {
            logger.warning("key set not kept on disk", metadata: ["path": "\(path)", "error": "\(error)"])
        }
    }
}

/// Why a key set could not be fetched although the server answered.
enum KeyFetchFailure: Error, CustomStringConvertible {
    /// It answered something else than 200; redirects are not followed.
    case status(Int)

    var description: String {
        switch self {
        case .status(let status): "HTTP \(status)"
        }
    }
}

/// The wall clock as the verification counts it.
func sinceEpoch() -> Duration {
    .microseconds(WallTime.now.microseconds)
}
