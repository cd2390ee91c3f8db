import FoundationEssentials
import LoadGenerator
import Logging
import SystemPackage
import TestSupport

/// Measures what a delivery costs when the journal is large, subscribers are many, or threads are others.
///
/// The cases are run in turns, each with a service of its own; those with equally many events share the journal.
package struct ScaleBenchmark {
    /// What is measured; the first is what the others are held against.
    package var cases: [ScaleCase]
    /// Connections that deliver.
    package var connections: Int
    /// How long each run sends.
    package var duration: Duration
    /// How often each case is run.
    package var runs: Int
    /// The `falconer` to measure.
    package var program: String

    /// More deliveries than any such machine takes in a second.
    private static let perSecondMax = 20_000

    /// Plans the measurement.
    package init(cases: [ScaleCase], connections: Int, duration: Duration, runs: Int, program: String) {
        self.cases = cases
        self.connections = connections
        self.duration = duration
        self.runs = runs
        self.program = program
    }

    /// Makes the journals and runs it all.
    ///
    /// - Parameter progress: Told of each run before it begins.
    /// - Returns: The measurements in the order they were made.
    /// - Throws: ``BenchmarkFailure`` when a service or a journal failed, or a live subscriber was not given everything.
    package func run(_ progress: (String) -> Void) throws -> [ScaleMeasurement] {
        let directory = TemporaryDirectory()
        var folders: [Int: FilePath] = [:]
        for events in Set(cases.map(\.journalEvents)).sorted() {
            progress("making a journal of \(events) events")
            folders[events] = try journal(of: events, in: directory)
        }
        var measurements: [ScaleMeasurement] = []
        for run in 1...runs {
            for (place, scaleCase) in cases.enumerated() {
                guard let folder = folders[scaleCase.journalEvents] else { continue }
                progress("run \(run) of \(runs): \(scaleCase.name)")
                measurements.append(try measure(scaleCase, folder, prefix: "scale-\(run)-\(place)"))
            }
        }
        return measurements
    }

    private func journal(of events: Int, in directory: TemporaryDirectory) throws -> FilePath {
        let folder = directory.file("data-\(events)")
        var generator = JournalGenerator(
            data: folder,
            bytes: events * JournalGenerator.lineBytes,
            workers: ProcessInfo.processInfo.activeProcessorCount
        )
        generator.isSigned = false
        do {
            _ = try generator.run(logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })) { _ in }
        } catch {
            throw BenchmarkFailure("the journal of \(events) events could not be made: \(error)")
        }
        return folder
    }

    private func measure(_ scaleCase: ScaleCase, _ folder: FilePath, prefix: String) throws -> ScaleMeasurement {
        let count = scaleCase.idleSubscribers + scaleCase.liveSubscribers
        let room = "\(count + 64)"
        let service = try MeasuredService(
            program,
            data: folder,
            ["--subscribers", room, "--subscribers-per-user", room]
                + (scaleCase.threads.map { ["--threads", "\($0)"] } ?? [])
        )
        let deliveries = try SignedDelivery.many(
            Self.perSecondMax * Int(duration / .seconds(1)),
            prefix: prefix,
            key: service.key
        )
        let last = try service.lastEventID()
        let manners =
            Array(repeating: SubscriberSwarm.Manner.idle, count: scaleCase.idleSubscribers)
            + Array(repeating: .live, count: scaleCase.liveSubscribers)
        let swarm = try SubscriberSwarm(service.socket, after: last, manners)
        let load = Load(
            port: service.port,
            connections: connections,
            limit: duration + .seconds(20),
            sendingTime: duration
        )
        let before = service.usage()?.processorTime ?? .zero
        let result = load.run(deliveries)
        let after = service.usage()
        if try swarm.finish().contains(where: { $0.violations > 0 }) {
            throw BenchmarkFailure("a subscriber was given events out of order")
        }
        try service.stop()
        return ScaleMeasurement(
            scaleCase: scaleCase,
            result: result,
            processorTime: (after?.processorTime ?? .zero) - before,
            residentBytes: after?.residentBytes ?? 0
        )
    }
}
