import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Many submissions from a file, through service and emulator, all of them real processes.
@Suite(.blocking) struct BatchTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func arguments(_ service: Service, _ file: FilePath, _ more: [String]) -> [String] {
        ["submit", Self.endpoint, "--batch", file.string, "--socket", service.socket, "--format", "json"] + more
    }

    private func run(_ service: Service, _ file: FilePath, _ more: [String] = []) throws
        -> (exit: ChildProcess.Exit?, lines: [[String: JSONValue]], error: String)
    {
        let result = try Program.run(arguments(service, file, more))
        return (result.exit, try result.output.split(separator: "\n").map { try object(String($0)) }, result.error)
    }

    private func prompts(_ count: Int, in directory: TemporaryDirectory) throws -> FilePath {
        let file = directory.file("prompts.jsonl")
        try (0..<count).map { "{\"prompt\":\"falcon \($0)\"}\n" }.joined().write(toFile: file.string)
        return file
    }

    /// How many submissions with each prompt the journal has.
    private func createdPrompts(_ service: Service) throws -> [String: Int] {
        try service.journalLines.map { try object($0) }.filter { $0["type"]?.string == "fal.submission.created" }
            .reduce(into: [:]) { $0[$1["data"]?["input"]?["prompt"]?.string ?? "", default: 0] += 1 }
    }

    @Test func aKilledBatchThatIsRunAgainSubmitsEachLineOnce() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let file = try prompts(500, in: directory)
        let first = try Program.start(arguments(service, file, ["--concurrency", "4"]))
        // Killed in the middle, whenever that is on this machine.
        #expect(first.line { $0.contains("\"line\":100,") } != nil)
        first.signal(SIGKILL)
        #expect(first.waitForExit() == .signal(SIGKILL))
        let again = try run(service, file)
        #expect(again.exit == .code(0), "\(again.error)")
        #expect(again.lines.count == 500)
        let wasThere = again.lines.filter { $0["existing"] == .bool(true) }.count
        #expect((100..<500).contains(wasThere))
        let created = try createdPrompts(service)
        #expect(created.count == 500)
        #expect(created.values.allSatisfy { $0 == 1 })
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aKeyThatIsRefusedIsSaidAndTheBatchGoesOnOnceItIsTaken() throws {
        let directory = TemporaryDirectory()
        let rules = directory.file("rules.json").string
        try #"[{"nth": 1, "reply": "401"}, {"nth": 2, "reply": "401"}]"#.write(toFile: rules)
        let emulator = try Emulator(in: directory, ["--rules", rules])
        let service = try Service(in: directory, submittingTo: emulator)
        let result = try run(service, try prompts(3, in: directory), ["--wait", "--timeout", "50"])
        #expect(result.exit == .code(0), "\(result.error)")
        #expect(result.lines.count == 3)
        #expect(result.error.components(separatedBy: "warning: fal refused the key").count == 2, "\(result.error)")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func resultsComeInTheOrderOfTheLinesAndAgainWhenItIsRunAgain() throws {
        let directory = TemporaryDirectory()
        let rules = directory.file("rules.json").string
        try #"[{"nth": 1, "run_ms": 700}, {"nth": 3, "outcome": "error-422"}]"#.write(toFile: rules)
        let emulator = try Emulator(in: directory, ["--rules", rules])
        let service = try Service(in: directory, submittingTo: emulator)
        let file = directory.file("prompts.jsonl")
        try """
        {"prompt":"one"}
        {"input":{"prompt":"two"},"tag":"second"}

        { "prompt" : "one" }
        """.write(toFile: file.string)
        for _ in 0..<2 {
            let result = try run(service, file, ["--wait", "--ordered", "--timeout", "20", "--concurrency", "1"])
            #expect(result.exit == .code(2), "\(result.error)")
            #expect(result.lines.map { $0["line"] } == [.number(1), .number(2), .number(4)])
            #expect(result.lines.map { $0["state"]?.string } == ["succeeded", "succeeded", "failed"])
            #expect(result.lines[1]["tag"]?.string == "second")
            #expect(result.lines[0]["event"]?["data"]?["payload"]?["video"]?["url"]?.string != nil)
        }
        // Two equal lines are two submissions, and stay two.
        #expect(try createdPrompts(service) == ["one": 2, "two": 1])
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test(arguments: [
        (["--concurrency", "0"], ChildProcess.Exit.code(64)), (["--concurrency", "48"], ChildProcess.Exit.code(5)),
        (["--concurrency", "49"], ChildProcess.Exit.code(64)),
        (["--concurrency", "10000", "--wait"], ChildProcess.Exit.code(5)),
        (["--concurrency", "10001", "--wait"], ChildProcess.Exit.code(64)),
    ])
    func theLinesUnderWayAreLimited(option: [String], exit: ChildProcess.Exit) throws {
        let directory = TemporaryDirectory()
        let file = try prompts(1, in: directory)
        let arguments = ["submit", Self.endpoint, "--batch", file.string, "--socket", "/nonexistent"] + option
        #expect(try Program.run(arguments).exit == exit)
    }

    @Test func anotherNameIsAnotherBatch() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let file = try prompts(3, in: directory)
        #expect(try run(service, file).exit == .code(0))
        let named = try run(service, file, ["--idempotency-key", "take two"])
        #expect(named.exit == .code(0), "\(named.error)")
        #expect(named.lines.allSatisfy { $0["existing"] == .bool(false) })
        #expect(try createdPrompts(service).values.allSatisfy { $0 == 2 })
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test(arguments: [
        (#"{"prompt":"#, "line 2"), (#"{"prompt":"x","duration":99}"#, "duration"), (#"["prompt"]"#, "JSON object"),
        (#"{"input":{"prompt":"x"},"tag":7}"#, "tag"),
    ])
    func aLineThatIsNotValidIsNamedAndNothingIsSubmitted(line: String, word: String) throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let file = directory.file("prompts.jsonl")
        try "{\"prompt\":\"one\"}\n\(line)\n".write(toFile: file.string)
        let result = try run(service, file)
        #expect(result.exit == .code(64))
        #expect(result.error.contains("line 2"))
        #expect(result.error.contains(word))
        #expect(try createdPrompts(service).isEmpty)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
