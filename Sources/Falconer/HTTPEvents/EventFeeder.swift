import EventStream
import HTTPServer
import Logging
import Threading

/// Feeds every client that reads events over HTTP, on one thread of its own, each at its own pace.
final class EventFeeder: Sendable {
    /// The most clients that read at a time.
    static let readersMax = 64

    private struct Arrival: Sendable {
        let stream: ResponseStream
        let query: EventQuery
        let format: EventFormat
    }

    private struct State: Sendable {
        var arrivals: [Arrival] = []
        /// How many there are, those that have just come included.
        var readers = 0
        var hasNews = false
        var isStopping = false
    }

    private let state = Monitor(State())
    private let log: any EventLog
    private let logger: Logger
    private let thread = Monitor<WorkerThread?>(nil)

    init(log: any EventLog, logger: Logger) {
        self.log = log
        self.logger = logger
    }

    /// Begins to feed.
    func start() {
        let worker = WorkerThread(name: "http-events") { [self] in run() }
        thread.withLock { $0 = worker }
    }

    /// Ends every stream, and the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        state.notifyAll()
        thread.withLock { $0 }?.join()
    }

    /// There may be something to do: new events, room in a stream, or a client that has gone.
    func wake() {
        let isNews = state.withLock { state in
            // Nobody reads: whoever comes is news, and waking the thread would only hold deliveries up.
            guard state.readers > 0, !state.hasNews else { return false }
            state.hasNews = true
            return true
        }
        if isNews { state.notifyAll() }
    }

    /// Takes a client on; nil when there are too many, or the service stops.
    func add(_ query: EventQuery, format: EventFormat) -> ResponseStream? {
        let stream = ResponseStream { [weak self] in self?.wake() }
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.readers < Self.readersMax else { return false }
            state.readers += 1
            state.arrivals.append(Arrival(stream: stream, query: query, format: format))
            state.hasNews = true
            return true
        }
        guard isTaken else { return nil }
        state.notifyAll()
        return stream
    }

    private func run() {
        var readers: [EventReader] = []
        var scratch: [UInt8] = []
        var timeout = EventReader.heartbeatInterval
        while true {
            let (arrivals, isStopping) = state.wait(atMost: timeout, until: { $0.hasNews || $0.isStopping }) {
                state,
                _ in
                defer {
                    state.arrivals = []
                    state.hasNews = false
                }
                return (state.arrivals, state.isStopping)
            }
            if isStopping {
                for stream in readers.map(\.stream) + arrivals.map(\.stream) { stream.finish() }
                return
            }
            for arrival in arrivals { open(arrival, into: &readers) }
            timeout = serve(&readers, &scratch) ? .zero : untilDue(readers)
        }
    }

    private func open(_ arrival: Arrival, into readers: inout [EventReader]) {
        do throws(EventQueryRefusal) {
            let feed = try EventFeed(arrival.query, log: log)
            readers.append(
                EventReader(
                    stream: arrival.stream,
                    feed: feed,
                    format: arrival.format,
                    follows: arrival.query.follows,
                    now: .now
                )
            )
        } catch {
            // It was looked at before the answer began; only a journal that lost its end since gets here.
            end(arrival.stream)
        }
    }

    /// Gives each its turn; true when one of them has more to do at once.
    private func serve(_ readers: inout [EventReader], _ scratch: inout [UInt8]) -> Bool {
        var isBusy = false
        var kept: [EventReader] = []
        kept.reserveCapacity(readers.count)
        for var reader in readers {
            switch reader.turn(scratch: &scratch, now: .now) {
            case .busy:
                isBusy = true
                kept.append(reader)
            case .full, .idle: kept.append(reader)
            case .over: end(reader.stream)
            case .failed(let error):
                logger.error("journal could not be read", metadata: ["error": "\(error)"])
                end(reader.stream)
            }
        }
        readers = kept
        return isBusy
    }

    private func end(_ stream: ResponseStream) {
        stream.finish()
        state.withLock { $0.readers -= 1 }
    }

    private func untilDue(_ readers: [EventReader]) -> Duration {
        let due = readers.map(\.due).min() ?? .now + EventReader.heartbeatInterval
        // One that takes nothing is due all the time, and waits for room.
        return max(ContinuousClock.now.duration(to: due), .milliseconds(250))
    }
}
