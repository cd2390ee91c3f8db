import Glibc
import SystemPackage
import TestSupport
import Testing

/// Ctrl-C in a command that waits: it says what goes on without it and how to come back to it.
@Suite(.blocking) struct InterruptTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    /// An emulator whose runs take a minute, but for the first of each of these rules.
    private func slowEmulator(in directory: TemporaryDirectory, _ rules: String = "") throws -> Emulator {
        let file = directory.file("rules.json").string
        try "[\(rules){\"run_ms\": 60000}]".write(toFile: file)
        return try Emulator(in: directory, ["--rules", file])
    }

    private func interrupt(_ process: ChildProcess) -> String {
        process.signal(SIGINT)
        #expect(process.waitForExit() == .code(130))
        return process.text(.standardError)
    }

    @Test func aWaitForOneNamesItAndWhatToAsk() throws {
        let directory = TemporaryDirectory()
        let emulator = try slowEmulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let submit = try Program.start(
            ["submit", Self.endpoint, "--prompt", "x", "--wait", "--socket", service.socket]
        )
        let line = try #require(submit.line(of: .standardError) { $0.hasSuffix("  accepted") })
        let id = String(line.prefix { $0 != " " })
        let said = interrupt(submit)
        #expect(said.contains("\(id) is accepted and goes on without this command"), "\(said)")
        #expect(said.contains("falconer status \(id)") && said.contains("falconer cancel \(id)"), "\(said)")
        #expect(try Program.run(["status", id, "--socket", service.socket]).output.contains("accepted"))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aBatchSaysHowFarItIsAndGoesOnWhenItIsRunAgain() throws {
        let directory = TemporaryDirectory()
        let emulator = try slowEmulator(in: directory, "{\"nth\": 1, \"run_ms\": 10}, ")
        let service = try Service(in: directory, submittingTo: emulator)
        let file = directory.file("prompts.jsonl").string
        try (0..<5).map { "{\"prompt\":\"\($0)\"}\n" }.joined().write(toFile: file)
        let batch = try Program.start(
            ["submit", Self.endpoint, "--batch", file, "--wait", "--format", "json", "--socket", service.socket]
        )
        #expect(batch.line { $0.contains("succeeded") } != nil)
        let said = interrupt(batch)
        #expect(said.contains("1 of 5 lines"), "\(said)")
        #expect(said.contains("interrupted; what is submitted goes on without this command"), "\(said)")
        #expect(said.contains("run the same command again"), "\(said)")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatIsSentWithoutAServiceIsSaidToGoOnAtFal() throws {
        let directory = TemporaryDirectory()
        let emulator = try slowEmulator(in: directory)
        let key = ["FAL_KEY": "emulator:secret"]
        let direct = try Program.start(
            ["submit", Self.endpoint, "--prompt", "x", "--direct", "--wait", "--fal-queue-url", emulator.url],
            environment: key
        )
        let line = try #require(direct.line(of: .standardError) { $0.hasPrefix("request ") })
        let said = interrupt(direct)
        #expect(said.contains("interrupted; the request goes on at fal"), "\(said)")
        #expect(said.contains("look later: \(emulator.url)") && said.contains(line.dropFirst(8)), "\(said)")
        #expect(emulator.stop() == .code(0))
    }

    @Test func aSynchronousRunIsSaidToBePaidForPerhaps() async throws {
        let directory = TemporaryDirectory()
        let emulator = try slowEmulator(in: directory)
        let run = try Program.start(
            ["run", Self.endpoint, "--prompt", "y", "--fal-run-url", "\(emulator.url)/run"],
            environment: ["FAL_KEY": "emulator:secret"]
        )
        #expect(try await eventually { try emulator.books().contains("\"y\"") })
        let said = interrupt(run)
        #expect(said.contains("interrupted: it may run on at fal, and be paid for"), "\(said)")
        #expect(emulator.stop() == .code(0))
    }

    @Test func aQueuesAddressForASynchronousRunKeepsTheRequestsID() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let run = try Program.run(
            ["run", Self.endpoint, "--prompt", "y", "--fal-run-url", emulator.url],
            environment: ["FAL_KEY": "emulator:secret"]
        )
        #expect(run.exit == .code(64))
        #expect(run.output.isEmpty)
        #expect(run.error.contains("--fal-run-url is a queue: fal has put request"), "\(run.error)")
        #expect(run.error.contains("its result: \(emulator.url)"), "\(run.error)")
        #expect(emulator.stop() == .code(0))
    }
}
