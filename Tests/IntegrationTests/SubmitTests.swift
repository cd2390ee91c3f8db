import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A submission from the command line to its outcome, through service, emulator and hook, all of them real processes.
@Suite(.blocking) struct SubmitTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func submit(_ service: Service, _ arguments: [String] = []) throws -> (ChildProcess.Exit?, String, String) {
        let all = ["submit", Self.endpoint, "--prompt", "A falcon dives", "--socket", service.socket] + arguments
        let result = try Program.run(all)
        return (result.exit, result.output, result.error)
    }

    private func types(_ service: Service) throws -> [String] {
        try service.journalLines.compactMap { try object($0)["type"]?.string }
    }

    private func state(_ service: Service) throws -> String? {
        let list = try Program.run(["list", "--socket", service.socket, "--format", "json"])
        return try list.output.split(separator: "\n").last.flatMap { try object(String($0))["state"]?.string }
    }

    /// An emulator in which every submission goes as one rule says, and a service that submits to it.
    private func start(_ rule: String, in directory: TemporaryDirectory, _ arguments: [String] = []) throws -> (
        Emulator, Service
    ) {
        let rules = directory.file("rules.json").string
        try "[\(rule)]".write(toFile: rules)
        let emulator = try Emulator(in: directory, ["--rules", rules])
        return (emulator, try Service(in: directory, submittingTo: emulator, arguments))
    }

    private func runsStarted(_ emulator: Emulator) throws -> Int {
        let books = try emulator.books()
        return books.split(separator: "\n").reduce(0) { sum, line in
            var text = String(line)[...]
            var total = sum
            while let range = text.firstRange(of: "\"runs_started\":") {
                text = text[range.upperBound...].drop { $0 == " " }
                total += Int(text.prefix { $0.isNumber }) ?? 0
            }
            return total
        }
    }

    @Test func aSubmissionEndsWithItsVideoAndTheEventsTellTheWholeStory() throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start("", in: directory)
        let (exit, output, error) = try submit(
            service,
            ["--wait", "--timeout", "30", "--format", "json", "--tag", "t1"]
        )
        #expect(exit == .code(0), "\(error)")
        let event = try object(output)
        #expect(event["type"]?.string == "fal.request.succeeded")
        #expect(event["tag"]?.string == "t1")
        let url = try #require(event["data"]?["payload"]?["video"]?["url"]?.string)
        let video = try ChildProcess(
            "/usr/bin/env",
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{content_type} %{size_download}", url]
        )
        #expect(video.waitForExit() == .code(0))
        #expect(video.text(.standardOutput).hasPrefix("200 video/mp4 "))
        #expect(
            try types(service) == [
                "fal.submission.created", "fal.submission.sending", "fal.submission.accepted", "fal.request.succeeded",
            ]
        )
        #expect(try runsStarted(emulator) == 1)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func withoutWaitTheIdIsPrintedAtOnce() throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start("{\"run_ms\": 3000}", in: directory)
        let (exit, output, _) = try submit(service, ["--format", "json"])
        #expect(exit == .code(0))
        let id = try #require(try object(output)["submission"]?.string)
        let status = try Program.run(["status", id, "--socket", service.socket, "--format", "json"])
        #expect(["created", "sending", "accepted"].contains(try object(status.output)["state"]?.string))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test(arguments: [
        ("{\"outcome\": \"error-422\"}", ChildProcess.Exit.code(2), "fal.request.failed", 1),
        ("{\"outcome\": \"payload-error\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"webhook\": \"before-answer\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"webhook\": \"before-answer\", \"outcome\": \"payload-error\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"reply\": \"lost\", \"outcome\": \"payload-error\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"webhook\": \"duplicate\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"big_integer\": true}", .code(0), "fal.request.succeeded", 1),
        ("{\"rotate_keys\": true}", .code(0), "fal.request.succeeded", 1),
        ("{\"reply\": \"lost\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"nth\": 1, \"reply\": \"429:1\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"nth\": 1, \"reply\": \"503:1\"}", .code(0), "fal.request.succeeded", 1),
        ("{\"reply\": \"404\"}", .code(2), "fal.submission.refused", 0),
        ("{\"reply\": \"401\"}", .code(9), "fal.submission.waiting", 0),
        ("{\"reply\": \"403\"}", .code(9), "fal.submission.waiting", 0),
    ])
    func endsAsItHasTo(rule: String, exit: ChildProcess.Exit, type: String, runs: Int) throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(rule, in: directory)
        let result = try submit(service, ["--wait", "--timeout", "30", "--format", "json"])
        #expect(result.0 == exit, "\(result.2)")
        #expect(try object(result.1)["type"]?.string == type)
        #expect(try runsStarted(emulator) == runs)
        #expect(try types(service).filter { $0.hasPrefix("fal.request.") }.count <= 1)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aLostReplyWithoutAWebhookStaysUncertainAndIsNotSentAgain() throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(
            "{\"reply\": \"lost\", \"webhook\": \"drop\"}",
            in: directory,
            ["--no-polling"]
        )
        let (exit, _, error) = try submit(service, ["--wait", "--timeout", "4"])
        #expect(exit == .code(6), "\(error)")
        #expect(try state(service) == "uncertain")
        #expect(try runsStarted(emulator) == 1)
        // Nor after a restart.
        #expect(service.stop() == .code(0))
        let restarted = try Service(in: directory, submittingTo: emulator, ["--no-polling"])
        #expect(try state(restarted) == "uncertain")
        #expect(try runsStarted(emulator) == 1)
        #expect(try types(restarted).filter { $0 == "fal.submission.sending" }.count == 1)
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aServerErrorAfterTheBodyWasSentIsUncertain() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start("{\"reply\": \"500\"}", in: directory)
        #expect(try submit(service).0 == .code(0))
        #expect(try await eventually { try state(service) == "uncertain" })
        #expect(try runsStarted(emulator) == 0)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatCouldNotReachFalIsSentOnceFalIsBackAlsoAfterAKill() async throws {
        let directory = TemporaryDirectory()
        let first = try Emulator(in: directory)
        let address = String(first.url.dropFirst("http://".count))
        #expect(first.stop() == .code(0))
        // The keys come from a file: the emulator that serves them is away.
        let options = ["--fal-queue-url", first.url, "--public-url", "auto"]
        let service = try Service(in: directory, options, environment: ["FAL_KEY": "emulator:secret"])
        #expect(try submit(service).0 == .code(0))
        #expect(try await eventually { try state(service) == "waiting" })
        service.process.signal(SIGKILL)
        #expect(service.process.waitForExit() == .signal(SIGKILL))

        let emulator = try Emulator(in: directory, ["--listen", address])
        let restarted = try Service(in: directory, options, environment: ["FAL_KEY": "emulator:secret"])
        #expect(try await eventually { try state(restarted) == "accepted" })
        #expect(try await eventually { try runsStarted(emulator) == 1 })
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aKillWhileTheRequestIsOnItsWayLeavesItUncertainAndItIsNotSentAgain() async throws {
        let directory = TemporaryDirectory()
        // A queue that takes the request and does not answer.
        let silent = LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            connection.waitForStop()
        }
        defer { silent.stop() }
        let environment = ["FAL_KEY": "emulator:secret"]
        let service = try Service(
            in: directory,
            ["--fal-queue-url", silent.url(""), "--public-url", "auto"],
            environment: environment
        )
        #expect(try submit(service).0 == .code(0))
        // What else comes are questions.
        let posts: () -> [String] = { silent.requests.compactMap(\.lines.first).filter { $0.hasPrefix("POST") } }
        #expect(await eventually { posts().count == 1 }, "\(silent.requests.map(\.lines.first))")
        service.process.signal(SIGKILL)
        #expect(service.process.waitForExit() == .signal(SIGKILL))

        let emulator = try Emulator(in: directory)
        let restarted = try Service(
            in: directory,
            ["--fal-queue-url", emulator.url, "--public-url", "auto"],
            environment: environment
        )
        #expect(try state(restarted) == "uncertain")
        #expect(try runsStarted(emulator) == 0)
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
        #expect(posts().count == 1, "\(silent.requests.map(\.lines.first))")
    }

    @Test func aReaderThatGoesAwayDoesNotEndTheService() async throws {
        let directory = TemporaryDirectory()
        let keys = directory.file("jwks.json").string
        try Service.keySet([Service.key]).write(toFile: keys)
        let socket = directory.file("events.sock").string
        // The log's reader takes the first line and goes.
        let command = """
            exec "$0" serve --listen 127.0.0.1:0 --socket "$1" --data "$2" --keys "$3" 2>&1 >"$4" | head -n 1
            """
        let ready = directory.file("ready").string
        let shell = try ChildProcess(
            "/bin/sh",
            ["-c", command, Program.path, socket, directory.file("data").string, keys, ready]
        )
        #expect(shell.line { _ in true } != nil)
        let isListening = await eventually { access(socket, F_OK) == 0 }
        #expect(isListening)
        // A refused command is logged or not; a subscriber's coming is. Either way the service lives.
        for _ in 0..<5 {
            let result = try Program.run(["list", "--socket", socket])
            #expect(result.exit == .code(0), "\(result.error)")
        }
        let line = try String(decoding: Data(contentsOf: URL(filePath: ready)), as: UTF8.self)
        let url = try #require(try object(line)["url"]?.string)
        let health = try ChildProcess(
            "/usr/bin/env",
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "\(url)/healthz"]
        )
        #expect(health.waitForExit() == .code(0))
        #expect(health.text(.standardOutput) == "200")
        let pids = try ChildProcess("/usr/bin/env", ["pkill", "-TERM", "-f", socket])
        #expect(pids.waitForExit() == .code(0))
        #expect(await eventually { access(socket, F_OK) == -1 })
    }

    @Test(arguments: ["bad-signature", "stale-timestamp", "unsigned", "wrong-account"])
    func aDeliveryThatIsNotInOrderIsRefusedAndItsReasonIsCounted(fault: String) async throws {
        let reasons = [
            "bad-signature": "signature_invalid", "stale-timestamp": "timestamp_out_of_window",
            "unsigned": "header_missing", "wrong-account": "account_unknown",
        ]
        let directory = TemporaryDirectory()
        let rule = "{\"webhook\": \"\(fault)\"}"
        let (emulator, service) = try start(rule, in: directory, ["--account", "emulator|account-1", "--no-polling"])
        #expect(try submit(service).0 == .code(0))
        let reason = try #require(reasons[fault])
        let isCounted = try await eventually {
            try Program.run(["rejections", "--socket", service.socket]).output.contains("\"\(reason)\":")
        }
        #expect(isCounted)
        #expect(try state(service) == "accepted")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
