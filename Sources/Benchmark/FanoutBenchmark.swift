import Glibc
import JSONText
import LoadGenerator
import Posix
import Threading

/// Measures what many subscribers do to the deliveries: throughput, answer times and memory, without them and with.
package struct FanoutBenchmark {
    /// How many subscribers.
    package var subscribers: Int
    /// How many of them read nothing.
    package var stopped: Int
    /// How many of them read one byte a second.
    package var trickling: Int
    /// Connections that deliver.
    package var connections: Int
    /// Deliveries a second; nil for as many as the answers allow.
    package var perSecond: Double?
    /// How long each run sends.
    package var duration: Duration
    /// The `falconer` to measure.
    package var program: String

    /// How long the subscribers may take for what is left when a run has ended.
    private static let catchUpTime = Duration.seconds(120)
    /// More deliveries than any such machine takes in a second.
    private static let perSecondMax = 15_000.0

    /// Plans the measurement.
    package init(
        subscribers: Int,
        stopped: Int,
        trickling: Int,
        connections: Int,
        perSecond: Double?,
        duration: Duration,
        program: String
    ) {
        self.subscribers = subscribers
        self.stopped = stopped
        self.trickling = trickling
        self.connections = connections
        self.perSecond = perSecond
        self.duration = duration
        self.program = program
    }

    /// Runs it all: without subscribers, with them, and without again, on one service.
    ///
    /// - Parameter progress: Told of each run before it begins.
    /// - Returns: The three measurements.
    /// - Throws: ``BenchmarkFailure`` when a subscriber was not given everything, in order.
    package func run(_ progress: (String) -> Void) throws -> [FanoutMeasurement] {
        let room = "\(subscribers + 64)"
        let service = try MeasuredService(program, ["--subscribers", room, "--subscribers-per-user", room])
        var measurements: [FanoutMeasurement] = []
        var stored: UInt64 = 0
        for (run, count) in [0, subscribers, 0].enumerated() {
            let deliveries = Int((perSecond ?? Self.perSecondMax) * (duration / .seconds(1))) + connections
            progress("run \(run + 1) of 3: signing \(deliveries) deliveries")
            let signed = try SignedDelivery.many(deliveries, prefix: "fanout-\(run)", key: service.key)
            progress("run \(run + 1) of 3: \(count) subscribers, \(connections) connections")
            measurements.append(try measure(service, signed, count, &stored))
        }
        try service.stop()
        return measurements
    }

    private func measure(
        _ service: MeasuredService,
        _ deliveries: [SignedDelivery],
        _ count: Int,
        _ stored: inout UInt64
    ) throws -> FanoutMeasurement {
        let before = service.residentBytes
        let manners = (0..<count).map { number -> SubscriberSwarm.Manner in
            number < stopped ? .stopped : number < stopped + trickling ? .trickling : .live
        }
        let swarm = try SubscriberSwarm(service.socket, after: stored, manners)
        let sampler = MemorySampler(service)
        var load = Load(
            port: service.port,
            connections: connections,
            limit: duration + .seconds(20),
            sendingTime: duration
        )
        load.perSecond = perSecond
        let result = load.run(deliveries)
        stored += UInt64(result.stored.count)
        let deadline = ContinuousClock.now + Self.catchUpTime
        let begin = ContinuousClock.now
        while swarm.slowest < stored, ContinuousClock.now < deadline { pause(.milliseconds(20)) }
        let catchUp = begin.duration(to: .now)
        let during = sampler.finish()
        let audits = try swarm.finish()
        if let lost = audits.first(where: { $0.last != stored || $0.violations > 0 }) {
            throw BenchmarkFailure(
                "a subscriber was given events up to \(lost.last) of \(stored), with \(lost.violations) out of order"
            )
        }
        pause(.milliseconds(300))
        return FanoutMeasurement(
            subscribers: count,
            result: result,
            complete: audits.count,
            catchUp: catchUp,
            memory: .init(before: before, during: during, after: service.residentBytes)
        )
    }
}

/// Watches a service's memory from a thread of its own.
private final class MemorySampler {
    private let state = Monitor((isOver: false, peak: 0))
    private let thread: WorkerThread

    init(_ service: MeasuredService) {
        let state = state
        let usage = service.usage
        thread = WorkerThread(name: "memory") {
            while !state.withLock({ state in
                state.peak = max(state.peak, usage()?.residentBytes ?? 0)
                return state.isOver
            }) { pause(.milliseconds(50)) }
        }
    }

    func finish() -> Int {
        state.withLock { $0.isOver = true }
        thread.join()
        return state.withLock { $0.peak }
    }
}

/// Waits; a benchmark has moments that are defined by nothing but time.
func pause(_ duration: Duration) {
    _ = poll(nil, 0, Int32(clamping: Int(duration / .milliseconds(1))))
}
