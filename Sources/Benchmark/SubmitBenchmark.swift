import FoundationEssentials
import Glibc
import JSONText
import Journal
import SystemPackage
import TestSupport

/// Measures how many submissions a second a batch comes to, beside `curl --parallel` that posts the same bodies
/// straight to the emulator, and whether a batch that is killed and run again submits each line once.
///
/// Everything is a process of its own on this machine; nothing the emulator takes ever runs, so no webhook disturbs.
package struct SubmitBenchmark {
    /// The lines of each batch.
    package var lines: Int
    /// Commands, or connections of curl's, under way at once.
    package var concurrency: Int
    /// The `falconer` to measure.
    package var program: String

    /// Plans the measurement.
    package init(lines: Int, concurrency: Int, program: String) {
        self.lines = lines
        self.concurrency = concurrency
        self.program = program
    }

    /// What a way to submit came to.
    package struct Rate: Sendable {
        /// Which way.
        package let subject: String
        /// How many submissions.
        package let count: Int
        /// How long they took.
        package let duration: Duration

        /// Submissions a second.
        package var perSecond: Double { Double(count) / (duration / .seconds(1)) }
    }

    /// What a batch came to that was killed and run again.
    package struct Resumption: Sendable {
        /// The lines that were there when it was run again.
        package let wasThere: Int
        /// The lines that the journal has exactly once.
        package let once: Int
        /// The lines that it has more than once.
        package let twice: Int
        /// The lines that it does not have.
        package let missing: Int
    }

    /// Measures all of it.
    ///
    /// - Parameter progress: Told of each part before it begins.
    /// - Returns: The rates, and what became of the batch that was killed.
    /// - Throws: ``BenchmarkFailure`` when a program did not do its part.
    package func run(_ progress: (String) -> Void) throws -> (rates: [Rate], resumption: Resumption) {
        let directory = TemporaryDirectory()
        progress("curl --parallel, \(lines) bodies")
        let plain = try curl(in: directory)
        let emulator = try start(emulatorArguments(directory))
        defer { emulator.process.signal(SIGTERM) }
        let socket = directory.file("s").string
        let service = try start(
            [
                "serve", "--listen", "127.0.0.1:0", "--socket", socket, "--data", directory.file("data").string,
                "--keys",
                "\(emulator.url)/.well-known/jwks.json", "--fal-queue-url", emulator.url, "--public-url", "auto",
                "--log-level", "warning",
            ],
            environment: ["FAL_KEY": "bench:mark"]
        )
        progress("falconer submit --batch, \(lines) lines")
        let recorded = try batch("measured", socket, directory)
        progress("the service sends them on")
        let sent = try waitUntilSent(directory, since: recorded.start)
        progress("the same, killed in the middle and run again")
        let resumption = try resume(socket, directory)
        service.process.signal(SIGTERM)
        guard service.process.waitForExit() == .code(0) else {
            throw BenchmarkFailure("the service did not end well: \(service.process.text(.standardError))")
        }
        return (
            [
                Rate(subject: "curl --parallel", count: lines, duration: plain),
                Rate(subject: "batch, durable", count: lines, duration: recorded.duration),
                Rate(subject: "batch, at fal", count: lines, duration: sent),
            ],
            resumption
        )
    }

    private func emulatorArguments(_ directory: TemporaryDirectory) -> [String] {
        [
            "emulate", "--listen", "127.0.0.1:0", "--keys-file", directory.file("keys.json").string, "--queue-time",
            "80000", "--log-level", "warning",
        ]
    }

    private func start(
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> (process: ChildProcess, url: String) {
        let process = try ChildProcess(program, arguments, environment: environment)
        guard let line = process.line(where: { $0.contains("\"url\"") }),
            let members = try? JSONText.members(of: Array(line.utf8).span), let slice = members.value(of: "url"),
            let url = try? JSONText.string(slice, in: Array(line.utf8).span)
        else {
            throw BenchmarkFailure("\(arguments[0]) did not start: \(process.text(.standardError))")
        }
        return (process, url)
    }

    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func body(_ number: Int, _ name: String) -> String {
        "{\"aspect_ratio\":\"16:9\",\"duration\":6,\"prompt\":\"\(name) \(number): a falcon dives at dawn over the sea\"}"
    }

    private func curl(in directory: TemporaryDirectory) throws -> Duration {
        let (emulator, url) = try start(emulatorArguments(directory))
        let entries = (0..<lines).map { number in
            """
            url = "\(url)/\(Self.endpoint)"
            header = "Authorization: Key bench:mark"
            header = "Content-Type: application/json"
            data = "\(body(number, "curl").map { $0 == "\"" ? "\\\"" : String($0) }.joined())"
            output = "/dev/null"
            """
        }
        let file = directory.file("curl.conf").string
        try Data(entries.joined(separator: "\nnext\n").utf8).write(to: URL(filePath: file))
        let start = ContinuousClock.now
        let curl = try ChildProcess(
            "/usr/bin/env",
            ["curl", "--parallel", "--parallel-max", "\(concurrency)", "--no-progress-meter", "--fail", "-K", file]
        )
        let exit = curl.waitForExit(within: .seconds(600))
        let duration = start.duration(to: .now)
        emulator.signal(SIGTERM)
        guard exit == .code(0), emulator.waitForExit() == .code(0) else {
            throw BenchmarkFailure("curl did not post all of them: \(curl.text(.standardError).suffix(500))")
        }
        return duration
    }

    private func arguments(_ name: String, _ socket: String, _ directory: TemporaryDirectory) throws -> [String] {
        let file = directory.file("\(name).jsonl").string
        let text = (0..<lines).map { body($0, name) + "\n" }.joined()
        try Data(text.utf8).write(to: URL(filePath: file))
        return [
            "submit", Self.endpoint, "--batch", file, "--concurrency", "\(concurrency)", "--socket", socket, "--format",
            "json",
        ]
    }

    private func batch(
        _ name: String,
        _ socket: String,
        _ directory: TemporaryDirectory
    ) throws -> (start: ContinuousClock.Instant, duration: Duration) {
        let arguments = try arguments(name, socket, directory)
        let start = ContinuousClock.now
        let process = try ChildProcess(program, arguments)
        guard process.waitForExit(within: .seconds(600)) == .code(0) else {
            throw BenchmarkFailure("the batch failed: \(process.text(.standardError).suffix(500))")
        }
        return (start, start.duration(to: .now))
    }

    private func waitUntilSent(_ directory: TemporaryDirectory, since start: ContinuousClock.Instant) throws -> Duration
    {
        let deadline = ContinuousClock.now + .seconds(600)
        while try events(directory).count(where: { $0.type == .submissionAccepted }) < lines {
            guard ContinuousClock.now < deadline else { throw BenchmarkFailure("not all were sent in ten minutes") }
            usleep(100_000)
        }
        return start.duration(to: .now)
    }

    private func resume(_ socket: String, _ directory: TemporaryDirectory) throws -> Resumption {
        let arguments = try arguments("killed", socket, directory)
        let first = try ChildProcess(program, arguments)
        guard first.line(where: { $0.contains("\"line\":\(lines / 2),") }) != nil else {
            throw BenchmarkFailure("the batch did not get to its middle: \(first.text(.standardError).suffix(500))")
        }
        first.signal(SIGKILL)
        _ = first.waitForExit()
        let again = try ChildProcess(program, arguments)
        guard again.waitForExit(within: .seconds(600)) == .code(0) else {
            throw BenchmarkFailure("the second run failed: \(again.text(.standardError).suffix(500))")
        }
        var counts: [[UInt8]: Int] = [:]
        for event in try events(directory) where event.type == .submissionCreated {
            guard let data = event.data, let members = try? JSONText.members(of: data.span),
                let input = members.value(of: "input")
            else { continue }
            counts[Array(data[input.range]), default: 0] += 1
        }
        let each = (0..<lines).map { counts[Array(body($0, "killed").utf8), default: 0] }
        return Resumption(
            wasThere: again.lines.count { $0.contains("\"existing\":true") },
            once: each.count { $0 == 1 },
            twice: each.count { $0 > 1 },
            missing: each.count { $0 == 0 }
        )
    }

    private func events(_ directory: TemporaryDirectory) throws -> [EventLine] {
        let folder = directory.file("data").appending("journal").string
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }.sorted()
            .flatMap { name -> [EventLine] in
                let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
                return bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? EventLine.parse(Array($0)) }
            }
    }
}
