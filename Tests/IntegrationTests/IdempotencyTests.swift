import Glibc
import TestSupport
import Testing

/// The same submission asked for more than once, under a key.
@Suite(.blocking) struct IdempotencyTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func submit(_ service: Service, _ prompt: String, key: String, _ more: [String] = []) throws
        -> (exit: ChildProcess.Exit?, output: String, error: String)
    {
        try Program.run(
            [
                "submit", Self.endpoint, "--prompt", prompt, "--idempotency-key", key, "--socket", service.socket,
                "--format", "json",
            ] + more
        )
    }

    private func line(_ prompt: String, key: String) -> String {
        "{\"op\":\"submit\",\"endpoint\":\"\(Self.endpoint)\",\"input\":{\"prompt\":\"\(prompt)\"},"
            + "\"idempotency_key\":\"\(key)\"}"
    }

    private func created(_ service: Service) throws -> [[String: JSONValue]] {
        try service.journalLines.map { try object($0) }.filter { $0["type"]?.string == "fal.submission.created" }
    }

    @Test func theSameKeyAndInputIsTheSameSubmissionAndItsResultComesAgain() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let first = try submit(service, "a falcon", key: "order-1")
        #expect(first.exit == .code(0), "\(first.error)")
        #expect(try object(first.output)["existing"] == .bool(false))
        let again = try submit(service, "a falcon", key: "order-1")
        #expect(again.exit == .code(0), "\(again.error)")
        #expect(try object(again.output)["existing"] == .bool(true))
        #expect(try object(again.output)["submission"] == object(first.output)["submission"])
        let waited = try submit(service, "a falcon", key: "order-1", ["--wait", "--timeout", "20"])
        #expect(waited.exit == .code(0), "\(waited.error)")
        #expect(try object(waited.output)["type"]?.string == "fal.request.succeeded")
        let other = try submit(service, "a falcon", key: "order-2")
        #expect(try object(other.output)["submission"] != object(first.output)["submission"])
        let events = try created(service)
        #expect(events.map { $0["data"]?["idempotency_key"]?.string } == ["order-1", "order-2"])
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func anotherInputUnderTheKeyIsAConflictAlsoAfterARestartFromIndexes() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        // Small segments, so that the restart has indexes to read.
        let service = try Service(in: directory, submittingTo: emulator, ["--segment-bytes", "4096"])
        #expect(try submit(service, "a falcon", key: "order-1", ["--wait", "--timeout", "20"]).exit == .code(0))
        for number in 0..<12 {
            #expect(try submit(service, "a falcon", key: "filler-\(number)").exit == .code(0))
        }
        let conflict = try submit(service, "a kestrel", key: "order-1")
        #expect(conflict.exit == .code(10))
        #expect(conflict.error.contains("another endpoint or input"))
        #expect(service.stop() == .code(0))

        let restarted = try Service(in: directory, submittingTo: emulator, ["--segment-bytes", "4096"])
        #expect(try submit(restarted, "a kestrel", key: "order-1").exit == .code(10))
        let again = try submit(restarted, "a falcon", key: "order-1")
        #expect(try object(again.output)["existing"] == .bool(true))
        #expect(try object(again.output)["state"]?.string == "succeeded")
        #expect(try created(restarted).count == 13)
        #expect(restarted.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func fiftyClientsAtOnceGetOneSubmission() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        // Every connection is there before the first command is sent; one client in ten asks for something else.
        let clients = try (0..<50).map { _ in try Subscriber(service.socket, "{\"op\":\"list\"}") }
        for client in clients { #expect(try client.next(frame: "reply") != nil) }
        for (number, client) in clients.enumerated() {
            client.send(line(number % 10 == 9 ? "a kestrel" : "a falcon", key: "once"))
        }
        var ids: Set<String> = []
        var newCount = 0
        var conflictCount = 0
        for client in clients {
            var answer: [String: JSONValue]?
            while answer == nil, let text = client.nextLine() {
                let members = try object(text)
                if ["reply", "error"].contains(members["frame"]?.string) { answer = members }
            }
            if let id = answer?["submission"]?.string { ids.insert(id) }
            if answer?["existing"] == .bool(false) { newCount += 1 }
            if answer?["code"]?.string == "conflict" { conflictCount += 1 }
        }
        #expect(ids.count == 1)
        #expect(newCount == 1)
        #expect(conflictCount == 5)
        #expect(try created(service).count == 1)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
