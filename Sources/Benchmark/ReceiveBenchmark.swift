import Crypto
import FoundationEssentials
import JSONText
import LoadGenerator
import SystemPackage
import TestSupport

/// Measures how many deliveries a second the service verifies and stores, beside a receiver that does neither.
///
/// Service and load share the machine. Before a figure counts, every delivery that was answered 200 is looked up in
/// the journal.
package struct ReceiveBenchmark {
    /// Connections that each send their next delivery as soon as the last is answered.
    package var connections: Int
    /// How long each run sends.
    package var duration: Duration
    /// How often each of the two is run, in turns.
    package var runs: Int
    /// Bytes of text put into each body beside its own 600.
    package var padding: Int
    /// The `falconer` to measure.
    package var program: String

    /// Plans the measurement.
    package init(connections: Int, duration: Duration, runs: Int, padding: Int, program: String) {
        self.connections = connections
        self.duration = duration
        self.runs = runs
        self.padding = padding
        self.program = program
    }

    /// What was measured.
    package enum Subject: String, CaseIterable, Sendable {
        /// The service: verified and durable.
        case service
        /// The receiver that only answers.
        case trivial
    }

    /// Why there is no figure.
    package struct Failure: Error, CustomStringConvertible {
        /// What happened.
        package let description: String
    }

    /// Runs it all, one measurement after the other.
    ///
    /// - Parameter progress: Told of each run before it begins.
    /// - Returns: The measurements in the order they were made.
    /// - Throws: ``Failure`` when a program did not start or the audit found a delivery missing.
    package func run(_ progress: (String) -> Void) throws -> [Measurement] {
        let key = try Ed25519PrivateKey()
        // Enough for the fastest receiver there is on such a machine.
        let count = Int(duration / .seconds(1) * 30_000)
        var measurements: [Measurement] = []
        for run in 1...runs {
            for subject in Subject.allCases {
                progress("run \(run) of \(runs): \(subject.rawValue), signing \(count) deliveries")
                let deliveries = try SignedDelivery.many(count, prefix: "bench-\(run)", padding: padding, key: key)
                progress("run \(run) of \(runs): \(subject.rawValue), \(connections) connections")
                measurements.append(try measure(subject, deliveries, key))
            }
        }
        return measurements
    }

    private func measure(_ subject: Subject, _ deliveries: [SignedDelivery], _ key: Ed25519PrivateKey) throws
        -> Measurement
    {
        let directory = TemporaryDirectory()
        let process = try ChildProcess(program, try arguments(subject, directory, key))
        guard let line = process.line(where: { $0.contains("\"url\"") }), let port = Self.port(line) else {
            throw Failure(description: "\(subject.rawValue) did not start: \(process.text(.standardError))")
        }
        let load = Load(port: port, connections: connections, limit: duration + .seconds(20), sendingTime: duration)
        let result = load.run(deliveries)
        let usage = ProcessUsage(of: process.processID)
        process.signal(15)
        guard process.waitForExit() == .code(0), let usage else {
            throw Failure(description: "\(subject.rawValue) did not end well: \(process.text(.standardError))")
        }
        if subject == .service { try audit(result, deliveries, directory) }
        return Measurement(subject: subject, result: result, usage: usage)
    }

    private func arguments(
        _ subject: Subject,
        _ directory: TemporaryDirectory,
        _ key: Ed25519PrivateKey
    ) throws -> [String] {
        guard subject == .service else { return ["bench", "answer"] }
        let keys = directory.file("jwks.json").string
        let raw = key.publicKey.rawBytes
        let set = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(raw.span))\"}]}"
        try Data(set.utf8).write(to: URL(filePath: keys))
        return [
            "serve", "--listen", "127.0.0.1:0", "--socket", directory.file("s").string, "--data",
            directory.file("data").string, "--keys", keys, "--log-level", "warning",
        ]
    }

    private static func port(_ line: String) -> UInt16? {
        let bytes = Array(line.utf8)
        guard let members = try? JSONText.members(of: bytes.span), let slice = members.value(of: "url"),
            let url = try? JSONText.string(slice, in: bytes.span)
        else { return nil }
        return url.split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// Looks up every delivery that was answered 200.
    private func audit(_ result: LoadResult, _ deliveries: [SignedDelivery], _ directory: TemporaryDirectory) throws {
        let folder = directory.file("data").appending("journal").string
        var subjects: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".jsonl") {
            let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let line = Array(line)
                guard let members = try? JSONText.members(of: line.span, depthMax: JSONText.envelopeDepthMax),
                    let slice = members.value(of: "subject"), let subject = try? JSONText.string(slice, in: line.span)
                else { throw Failure(description: "a line of the journal is not an event") }
                subjects[subject, default: 0] += 1
            }
        }
        let missing = result.stored.filter { subjects[deliveries[$0].requestID] != 1 }
        guard missing.isEmpty else {
            throw Failure(description: "\(missing.count) deliveries got a 200 and are not in the journal exactly once")
        }
    }
}
