import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What no callback tells is found out by asking, through real processes.
@Suite(.blocking) struct ReconcilingTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func start(
        _ rules: String,
        in directory: TemporaryDirectory,
        _ arguments: [String] = [],
        callbacks: Bool = true
    ) throws -> (Emulator, Service) {
        let file = directory.file("rules.json").string
        try "[\(rules)]".write(toFile: file)
        let emulator = try Emulator(in: directory, ["--rules", file, "--concurrency", "40"])
        var options = emulator.serveOptions
        if !callbacks { options.removeLast(2) }
        let service = try Service(in: directory, options + arguments, environment: ["FAL_KEY": "emulator:secret"])
        return (emulator, service)
    }

    private func submit(_ service: Service, _ arguments: [String] = []) throws -> (ChildProcess.Exit?, String, String) {
        let all = [
            "submit", Self.endpoint, "--prompt", "A falcon dives", "--socket", service.socket, "--wait", "--timeout",
            "45",
            "--format", "json",
        ]
        let result = try Program.run(all + arguments)
        return (result.exit, result.output, result.error)
    }

    private func types(_ service: Service) throws -> [String] {
        try service.journalLines.compactMap { try object($0)["type"]?.string }
    }

    private func runsStarted(_ emulator: Emulator) throws -> Int {
        try emulator.books().components(separatedBy: "\"request_id\"").count - 1
    }

    @Test(arguments: [
        ("", ChildProcess.Exit.code(0), "fal.request.succeeded"),
        ("{\"outcome\": \"error-422\"}", .code(2), "fal.request.failed"),
        ("{\"outcome\": \"runner-server-error\"}", .code(2), "fal.request.failed"),
        ("{\"reply\": \"lost\"}", .code(0), "fal.request.succeeded"),
    ])
    func withoutAPublicURLOutcomesAreAskedFor(rule: String, exit: ChildProcess.Exit, type: String) throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(rule, in: directory, callbacks: false)
        let result = try submit(service)
        #expect(result.0 == exit, "\(result.2)")
        let event = try object(result.1)
        #expect(event["type"]?.string == type)
        #expect(event["origin"]?.string == "queue")
        if type == "fal.request.succeeded" {
            #expect(event["data"]?["payload"]?["video"]?["url"]?.string != nil)
        } else {
            #expect(event["data"]?["status"]?.string == "ERROR")
        }
        #expect(!(try emulator.books()).contains("/fal/"))
        #expect(try runsStarted(emulator) == 1)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatIsAskedIsVisible() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(
            "{\"run_ms\": 60000}",
            in: directory,
            ["--polling-budget", "77"],
            callbacks: false
        )
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--format", "json"]
        )
        let id = try #require(try object(submitted.output)["submission"]?.string)
        func status() throws -> JSONValue? {
            try object(Program.run(["status", id, "--socket", service.socket, "--format", "json"]).output)["polling"]
        }
        #expect(
            try await eventually {
                guard case .number(let asked) = try status()?["asked"] else { return false }
                return asked >= 2
            }
        )
        for command in ["status", "show"] {
            let text = try Program.run([command, id, "--socket", service.socket, "--format", "human"]).output
            #expect(text.contains("polling: asked ") && text.contains(" times, next in "), "\(text)")
        }
        let doctor = try Program.run(["doctor", "--format", "json", "--socket", service.socket]).output
        let line = try #require(doctor.split(separator: "\n").first { $0.contains("\"polling\"") })
        #expect(line.contains("1 submissions followed") && line.contains(" of 77 questions"), "\(line)")
        #expect(service.stop() == .code(0))
        let silent = try Service(
            in: directory,
            emulator.serveOptions.dropLast(2) + ["--no-polling"],
            environment: ["FAL_KEY": "emulator:secret"]
        )
        let off = try Program.run(["doctor", "--format", "json", "--socket", silent.socket]).output
        #expect(off.contains("off: only callbacks tell of outcomes"), "\(off)")
        #expect(silent.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test(arguments: ["{\"webhook\": \"drop\"}", "{\"webhook\": \"stale-timestamp\"}", "{\"webhook\": \"truncated\"}"])
    func aCallbackThatDoesNotCountIsMadeUpForByAsking(rule: String) throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(rule, in: directory)
        let result = try submit(service)
        #expect(result.0 == .code(0), "\(result.2)")
        #expect(try object(result.1)["origin"]?.string == "queue")
        #expect(try types(service).filter { $0.hasPrefix("fal.request.") } == ["fal.request.succeeded"])
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aCallbackAfterTheFetchedResultIsADuplicateAndNoConflict() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start("{\"webhook\": \"drop\"}", in: directory)
        let event = try object(try submit(service).1)
        let request = try #require(event["subject"]?.string)
        let url = "\(emulator.url)/emulator/requests/\(request)/redeliver"
        _ = try ChildProcess("/usr/bin/env", ["curl", "-s", "-X", "POST", url]).waitForExit()
        #expect(
            try await eventually {
                let books = try ChildProcess("/usr/bin/env", ["curl", "-s", "\(emulator.url)/emulator/deliveries"])
                _ = books.waitForExit()
                return books.text(.standardOutput).contains("200")
            }
        )
        #expect(try types(service).filter { $0.hasPrefix("fal.request.") } == ["fal.request.succeeded"])
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatWasOpenAtAKillIsFollowedAfterTheRestart() async throws {
        let directory = TemporaryDirectory()
        let (emulator, first) = try start("{\"run_ms\": 1500}", in: directory, callbacks: false)
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "A falcon", "--socket", first.socket, "--format", "json"]
        )
        let id = try #require(try object(submitted.output)["submission"]?.string)
        #expect(try await eventually { try types(first).contains("fal.submission.accepted") })
        first.process.signal(SIGKILL)
        _ = first.process.waitForExit()
        var options = emulator.serveOptions
        options.removeLast(2)
        let second = try Service(in: directory, options, environment: ["FAL_KEY": "emulator:secret"])
        #expect(
            try await eventually {
                let status = try Program.run(["status", id, "--socket", second.socket, "--format", "json"])
                return try object(status.output)["state"]?.string == "succeeded"
            }
        )
        #expect(second.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func withoutPollingWhatNoCallbackTellsIsLostAtItsDeadlineAndSaysWhy() throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(
            "{\"webhook\": \"drop\"}",
            in: directory,
            ["--no-polling", "--give-up-after", "2"]
        )
        let result = try submit(service)
        #expect(result.0 == .code(2), "\(result.2)")
        let event = try object(result.1)
        #expect(event["type"]?.string == "fal.submission.lost")
        #expect(event["data"]?["code"]?.string == "no_callback")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func onlyAPersonHasAnUncertainSubmissionSentAgain() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(
            "{\"nth\": 1, \"reply\": \"lost\", \"webhook\": \"drop\"}",
            in: directory,
            ["--no-polling"]
        )
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "A falcon", "--socket", service.socket, "--format", "json"]
        )
        let id = try #require(try object(submitted.output)["submission"]?.string)
        #expect(try await eventually { try types(service).contains("fal.submission.uncertain") })
        let refused = try Program.run(["resend", id, "--socket", service.socket])
        #expect(refused.exit == .code(64))
        #expect(refused.error.contains("paid for twice"))
        let unsure = try Program.run(["submit", "--resend", id, "--socket", service.socket])
        #expect(unsure.exit == refused.exit)
        #expect(unsure.error == refused.error)
        let resent = try Program.run(["submit", "--resend", id, "--may-pay-twice", "--socket", service.socket])
        #expect(resent.exit == .code(0), "\(resent.error)")
        #expect(try await eventually { try types(service).contains("fal.request.succeeded") })
        #expect(try runsStarted(emulator) == 2)
        let again = try Program.run(["resend", id, "--may-pay-twice", "--socket", service.socket])
        #expect(again.exit == .code(10), "\(again.error)")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func anOutageOfFalIsWaitedForAndSaid() async throws {
        let directory = TemporaryDirectory()
        // Long enough that the outage comes first.
        let (emulator, service) = try start("{\"run_ms\": 5000}", in: directory, callbacks: false)
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "A falcon", "--socket", service.socket, "--format", "json"]
        )
        let id = try #require(try object(submitted.output)["submission"]?.string)
        #expect(try await eventually { try types(service).contains("fal.submission.accepted") })
        func outage(_ seconds: Int) throws {
            let url = "\(emulator.url)/emulator/outage?seconds=\(seconds)"
            _ = try ChildProcess("/usr/bin/env", ["curl", "-s", "-X", "POST", url]).waitForExit()
        }
        try outage(600)
        func status() throws -> [String: JSONValue] {
            try object(try Program.run(["status", id, "--socket", service.socket, "--format", "json"]).output)
        }
        #expect(try await eventually { try status()["trouble"]?.string != nil })
        try outage(0)
        // Questions come ever more seldom while nobody answers.
        #expect(try await eventually { try status()["state"]?.string == "succeeded" })
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
