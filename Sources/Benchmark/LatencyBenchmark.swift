import Glibc
import JSONText
import LoadGenerator
import Posix
import Threading

/// Measures how long an event takes from the 200 for its delivery to a subscriber, at a rate that does not wait for
/// answers.
package struct LatencyBenchmark {
    /// Deliveries a second, one run for each.
    package var rates: [Int]
    /// How long each run sends.
    package var duration: Duration
    /// The most connections that deliver.
    package var connections: Int
    /// The `falconer` to measure.
    package var program: String

    /// Plans the measurement.
    package init(rates: [Int], duration: Duration, connections: Int, program: String) {
        self.rates = rates
        self.duration = duration
        self.connections = connections
        self.program = program
    }

    /// Runs it all.
    ///
    /// - Parameter progress: Told of each run before it begins.
    /// - Returns: The measurements, one for each rate.
    /// - Throws: ``BenchmarkFailure`` when a delivery was not stored, or its event not received.
    package func run(_ progress: (String) -> Void) throws -> [LatencyMeasurement] {
        let service = try MeasuredService(program)
        var measurements: [LatencyMeasurement] = []
        var stored = 0
        for rate in rates {
            progress("\(rate) deliveries/s")
            let count = Int(Double(rate) * (duration / .seconds(1)))
            let deliveries = try SignedDelivery.many(count, prefix: "latency-\(rate)", key: service.key)
            measurements.append(try measure(service, deliveries, rate, after: stored))
            stored += count
        }
        try service.stop()
        return measurements
    }

    private func measure(
        _ service: MeasuredService,
        _ deliveries: [SignedDelivery],
        _ rate: Int,
        after stored: Int
    ) throws -> LatencyMeasurement {
        let tap = try EventTap(service.socket, after: stored, count: deliveries.count)
        var load = Load(
            port: service.port,
            connections: connections,
            limit: duration + .seconds(20),
            sendingTime: duration + .seconds(10)
        )
        load.perSecond = Double(rate)
        var answeredAt = [ContinuousClock.Instant?](repeating: nil, count: deliveries.count)
        let result = load.run(deliveries) { index, status in
            if status == 200 { answeredAt[index] = .now }
        }
        let receivedAt = tap.finish()
        var waits: [Int] = []
        for index in deliveries.indices {
            guard let answered = answeredAt[index], let received = receivedAt[index] else {
                throw BenchmarkFailure("delivery \(index) of \(deliveries.count) has no 200, or no event")
            }
            waits.append(Int(answered.duration(to: received) / .microseconds(1)))
        }
        return LatencyMeasurement(rate: rate, result: result, waits: waits)
    }
}

/// A subscriber that notes when each event of a run came.
private final class EventTap {
    private let state: Monitor<[ContinuousClock.Instant?]>
    private let thread: WorkerThread

    /// How long nothing may come before the rest is taken for lost.
    private static let patience: Int32 = 10_000

    init(_ socket: String, after stored: Int, count: Int) throws {
        let descriptor = try UnixSocket.connect(to: UnixSocketPath(socket))
        let request = Array("{\"op\":\"subscribe\",\"after\":\"\(stored)\",\"count\":\(count)}\n".utf8)
        _ = UnixSocket.send(request.span, to: descriptor.number)
        let number = descriptor.release()
        let state = Monitor([ContinuousClock.Instant?](repeating: nil, count: count))
        self.state = state
        thread = WorkerThread(name: "tap") {
            let descriptor = OwnedDescriptor(owning: number)
            var receivedAt = [ContinuousClock.Instant?](repeating: nil, count: count)
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            var line: [UInt8] = []
            var polled = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            reading: while unsafe poll(&polled, 1, Self.patience) > 0 {
                switch UnixSocket.receive(into: &buffer, from: descriptor.number) {
                case .ended: break reading
                case .wouldBlock: continue
                case .bytes(let bytes):
                    let now = ContinuousClock.now
                    for piece in buffer[..<bytes].split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
                    {
                        if piece.offset > 0 {
                            if let index = Self.index(line), index < count { receivedAt[index] = now }
                            line.removeAll(keepingCapacity: true)
                        }
                        line += piece.element
                    }
                }
            }
            state.withLock { [receivedAt] in $0 = receivedAt }
        }
    }

    func finish() -> [ContinuousClock.Instant?] {
        thread.join()
        return state.withLock { $0 }
    }

    /// The number at the end of the subject, `"subject":"latency-100-42"`.
    private static func index(_ line: [UInt8]) -> Int? {
        let words = line.prefix(400).split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        guard let name = words.firstIndex(where: { $0.elementsEqual("subject".utf8) }), name + 2 < words.endIndex
        else { return nil }
        return String(decoding: words[name + 2], as: UTF8.self).split(separator: "-").last.flatMap { Int($0) }
    }
}
