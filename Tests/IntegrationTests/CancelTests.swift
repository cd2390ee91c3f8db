import SystemPackage
import TestSupport
import Testing

/// Cancellation from the command line, with service and emulator as real processes.
@Suite(.blocking) struct CancelTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func submit(_ service: Service, _ more: [String] = []) throws -> String {
        let result = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--format", "json"] + more
        )
        guard let id = try object(result.output)["submission"]?.string else {
            throw SetUpFailure(description: result.error)
        }
        return id
    }

    private func cancel(_ service: Service, _ id: String) throws -> (exit: ChildProcess.Exit?, answer: String?) {
        let result = try Program.run(["cancel", id, "--socket", service.socket, "--format", "json"])
        return (result.exit, result.output.isEmpty ? nil : try object(result.output)["answer"]?.string)
    }

    private func state(_ service: Service, _ id: String) throws -> String? {
        let result = try Program.run(["status", id, "--socket", service.socket, "--format", "json"])
        return try object(result.output)["state"]?.string
    }

    private func start(_ rule: String, in directory: TemporaryDirectory) throws -> (Emulator, Service) {
        let rules = directory.file("rules.json").string
        try "[\(rule)]".write(toFile: rules)
        let emulator = try Emulator(in: directory, ["--rules", rules])
        return (emulator, try Service(in: directory, submittingTo: emulator))
    }

    @Test func whatIsQueuedAtFalIsTakenOutAndTheEventSaysSo() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(#"{"queue_ms": 60000}"#, in: directory)
        let id = try submit(service)
        #expect(try await eventually { try state(service, id) == "accepted" })
        let first = try cancel(service, id)
        #expect(first == (.code(0), "cancelled"))
        #expect(try state(service, id) == "cancelled")
        let again = try cancel(service, id)
        #expect(again == (.code(10), "already_completed"))
        let types = try service.journalLines.compactMap { try object($0)["type"]?.string }
        #expect(types.filter { $0 == "fal.submission.cancelled" }.count == 1)
        #expect(service.stop() == .code(0))
        // It is cancelled after a restart too.
        let restarted = try Service(in: directory, submittingTo: emulator)
        #expect(try state(restarted, id) == "cancelled")
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aRunThatHasBegunIsToldToStopAndStaysOpen() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(#"{"queue_ms": 0, "run_ms": 60000}"#, in: directory)
        let id = try submit(service)
        #expect(try await eventually { try state(service, id) == "accepted" })
        #expect(try await eventually { try emulator.books().contains("IN_PROGRESS") })
        let answer = try cancel(service, id)
        #expect(answer == (.code(0), "requested"))
        #expect(try state(service, id) == "accepted")
        let story = try Program.run(["show", id, "--socket", service.socket, "--format", "human"]).output
        #expect(story.contains("submission.cancelling  fal has told the run to stop"), "\(story)")
        #expect(service.stop() == .code(0))
        // It stays open across a restart too.
        let restarted = try Service(in: directory, submittingTo: emulator)
        #expect(try state(restarted, id) == "accepted")
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatFalHasForgottenIsNotFound() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(#"{"queue_ms": 60000}"#, in: directory)
        let id = try submit(service)
        #expect(try await eventually { try state(service, id) == "accepted" })
        #expect(emulator.stop() == .code(0))
        let other = try Emulator(in: directory, ["--listen", String(emulator.url.dropFirst("http://".count))])
        let answer = try cancel(service, id)
        #expect(answer == (.code(4), "not_found"))
        #expect(service.stop() == .code(0))
        #expect(other.stop() == .code(0))
        // Nobody is there to be asked.
        let restarted = try Service(in: directory, submittingTo: emulator)
        let unreachable = try cancel(restarted, id)
        #expect(unreachable.exit == .code(5))
        #expect(restarted.stop() == .code(0))
    }

    @Test func whatWasNotSentYetNeverIs() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        #expect(emulator.stop() == .code(0))
        // The keys come from a file, and nobody is there to be sent to.
        let options = ["--fal-queue-url", emulator.url, "--public-url", "auto"]
        let environment = ["FAL_KEY": "emulator:secret"]
        let service = try Service(in: directory, options, environment: environment)
        let id = try submit(service)
        #expect(try await eventually { try state(service, id) == "waiting" })
        let answer = try cancel(service, id)
        #expect(answer == (.code(0), "not_sent"))
        #expect(service.stop() == .code(0))

        let address = String(emulator.url.dropFirst("http://".count))
        let back = try Emulator(in: directory, ["--listen", address])
        let restarted = try Service(in: directory, options, environment: environment)
        #expect(try state(restarted, id) == "cancelled")
        // Another one gets through, so that there was time for this one too.
        let other = try submit(restarted)
        #expect(
            try await eventually { try state(restarted, other) != "created" && state(restarted, other) != "sending" }
        )
        #expect(!(try back.books().contains(id)))
        let sent = try restarted.journalLines.map { try object($0) }
            .filter { $0["submission"]?.string == id && $0["type"]?.string == "fal.submission.accepted" }
        #expect(sent.isEmpty)
        #expect(restarted.stop() == .code(0))
        #expect(back.stop() == .code(0))
    }

    @Test func anUncertainOneCannotBeCancelledAndAnUnknownOneIsNotFound() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start(#"{"reply": "lost", "webhook": "drop"}"#, in: directory)
        let id = try submit(service)
        #expect(try await eventually { try state(service, id) == "uncertain" })
        #expect(try cancel(service, id).exit == .code(6))
        #expect(try cancel(service, "00000000-0000-7000-8000-000000000000").exit == .code(4))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
