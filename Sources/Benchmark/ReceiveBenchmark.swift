import Crypto
import FoundationEssentials
import JSONText
import LoadGenerator
import SystemPackage
import TestSupport

/// Measures how many deliveries a second the service verifies and stores, beside the least that can do so in C.
///
/// Service and load share the machine. Before a figure counts, every delivery that was answered 200 is looked up in
/// the journal.
package struct ReceiveBenchmark {
    /// The loads, one after the other.
    package var workloads = [ReceiveWorkload(connections: 64)]
    /// What is measured, in turns: the service, and the references that stand beside the program.
    package var subjects: [Subject]
    private let program: String
    private let duration: Duration
    private let runs: Int

    /// Plans the measurement.
    ///
    /// - Parameters:
    ///   - program: The `falconer` to measure.
    ///   - duration: How long each run sends.
    ///   - runs: How often each subject is run.
    package init(program: String, duration: Duration, runs: Int) {
        self.program = program
        self.duration = duration
        self.runs = runs
        subjects = Subject.allCases.filter { subject in
            guard subject.isReference else { return subject == .service }
            return FileManager.default.isExecutableFile(atPath: Self.reference(subject, beside: program))
        }
    }

    /// What was measured.
    package enum Subject: String, CaseIterable, Sendable {
        /// The service: verified and durable.
        case service
        /// The C server that does the same work and nothing else (Tests/Benchmarks/reference).
        case reference
        /// The server on Go's net/http and crypto/ed25519 that does the same (Tests/Benchmarks/reference-go).
        case go
        /// The receiver that only answers.
        case trivial

        /// Whether the service is held against it.
        package var isReference: Bool { self == .reference || self == .go }
    }

    /// Deliveries that are signed; a signature is good for 300 s.
    private struct Stock {
        let padding: Int
        let deliveries: [SignedDelivery]
        let signed: ContinuousClock.Instant

        static let ageMax: Duration = .seconds(150)
    }

    /// Runs it all, one measurement after the other.
    ///
    /// - Parameter progress: Told of each run before it begins.
    /// - Returns: The measurements in the order they were made.
    /// - Throws: ``BenchmarkFailure`` when a program did not start or the audit found a delivery missing.
    package func run(_ progress: (String) -> Void) throws -> [Measurement] {
        let key = try Ed25519PrivateKey()
        var stock: Stock?
        var measurements: [Measurement] = []
        for workload in workloads {
            for run in 1...runs {
                for subject in subjects {
                    let deliveries = try refill(&stock, workload.padding, key, progress)
                    progress(
                        "\(workload.connections) connections, \(workload.bodyBytes) bytes, run \(run) of \(runs): "
                            + subject.rawValue
                    )
                    measurements.append(try measure(subject, workload, deliveries, key))
                }
            }
        }
        return measurements
    }

    private func refill(
        _ stock: inout Stock?,
        _ padding: Int,
        _ key: Ed25519PrivateKey,
        _ progress: (String) -> Void
    ) throws -> [SignedDelivery] {
        if let stock, stock.padding == padding, stock.signed.duration(to: .now) < Stock.ageMax - duration {
            return stock.deliveries
        }
        stock = nil
        // More a second than such a machine can verify; the disk takes some 400 MB/s of larger ones.
        let perSecond = min(20_000, 500_000_000 / (600 + padding))
        let count = Int(duration / .seconds(1)) * perSecond
        progress("signing \(count) deliveries")
        let began = ContinuousClock.now
        let deliveries = try SignedDelivery.many(count, prefix: "bench", padding: padding, key: key)
        stock = Stock(padding: padding, deliveries: deliveries, signed: began)
        return deliveries
    }

    private func measure(
        _ subject: Subject,
        _ workload: ReceiveWorkload,
        _ deliveries: [SignedDelivery],
        _ key: Ed25519PrivateKey
    ) throws -> Measurement {
        let directory = TemporaryDirectory()
        let (program, arguments) = try command(subject, directory, key)
        let process = try ChildProcess(program, arguments)
        guard let line = process.line(where: { $0.contains("\"url\"") }), let port = Self.port(line) else {
            throw BenchmarkFailure("\(subject.rawValue) did not start: \(process.text(.standardError))")
        }
        var load = Load(
            port: port,
            connections: workload.connections,
            limit: duration + .seconds(20),
            sendingTime: duration
        )
        load.isConnectionPerDelivery = workload.isConnectionPerDelivery
        let before = ProcessUsage.ownProcessorTime
        // Who recognises nothing may get the same again.
        let mayRepeat = subject == .trivial
        let result = load.run(
            supply: { $0 < deliveries.count || mayRepeat ? deliveries[$0 % deliveries.count] : nil },
            onAnswer: { _ in }
        )
        let ownTime = ProcessUsage.ownProcessorTime - before
        let usage = ProcessUsage(of: process.processID)
        process.signal(15)
        guard process.waitForExit() == .code(0), let usage else {
            throw BenchmarkFailure("\(subject.rawValue) did not end well: \(process.text(.standardError))")
        }
        guard mayRepeat || result.latencies.count < deliveries.count else {
            throw BenchmarkFailure("\(subject.rawValue) was faster than there were deliveries; shorten --duration")
        }
        if subject != .trivial { try audit(result, deliveries, journal(subject, directory)) }
        return Measurement(subject: subject, workload: workload, result: result, usage: usage, loadTime: ownTime)
    }

    private func command(
        _ subject: Subject,
        _ directory: TemporaryDirectory,
        _ key: Ed25519PrivateKey
    ) throws -> (program: String, arguments: [String]) {
        let raw = key.publicKey.rawBytes
        switch subject {
        case .trivial:
            return (program, ["bench", "answer"])
        case .reference, .go:
            let folder = journal(subject, directory)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return (Self.reference(subject, beside: program), [folder, Hex.encode(raw.span)])
        case .service:
            let keys = directory.file("jwks.json").string
            let set = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(raw.span))\"}]}"
            try Data(set.utf8).write(to: URL(filePath: keys))
            let arguments = [
                "serve", "--listen", "127.0.0.1:0", "--socket", directory.file("s").string, "--data",
                directory.file("data").string, "--keys", keys, "--log-level", "warning",
            ]
            return (program, arguments)
        }
    }

    private static func reference(_ subject: Subject, beside program: String) -> String {
        let name = subject == .go ? "falconer-reference-go" : "falconer-reference"
        return URL(filePath: program).deletingLastPathComponent().path + "/" + name
    }

    private func journal(_ subject: Subject, _ directory: TemporaryDirectory) -> String {
        directory.file(subject.isReference ? "reference" : "data").appending("journal").string
    }

    private static func port(_ line: String) -> UInt16? {
        let bytes = Array(line.utf8)
        guard let members = try? JSONText.members(of: bytes.span), let slice = members.value(of: "url"),
            let url = try? JSONText.string(slice, in: bytes.span)
        else { return nil }
        return url.split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// Looks up every delivery that was answered 200.
    private func audit(_ result: LoadResult, _ deliveries: [SignedDelivery], _ folder: String) throws {
        var subjects: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".jsonl") {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = bytes.span.extracting(start..<end)
                start = end + 1
                guard let members = try? JSONText.members(of: line, depthMax: JSONText.envelopeDepthMax),
                    let slice = members.value(of: "subject"), let subject = try? JSONText.string(slice, in: line)
                else { throw BenchmarkFailure("a line of the journal is not an event") }
                subjects[subject, default: 0] += 1
            }
        }
        let missing = result.stored.filter { subjects[deliveries[$0].requestID] != 1 }
        guard missing.isEmpty else {
            throw BenchmarkFailure("\(missing.count) deliveries got a 200 and are not in the journal exactly once")
        }
    }
}
