import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// What `--retain-bytes` deletes, and what it does not.
@Suite(.blocking) struct RetentionTests {
    private func deliver(_ count: Int, _ name: String, to service: Service) throws -> [Int] {
        let text = String(repeating: "x", count: 60_000)
        return try (0..<count).map { try service.deliver(Delivery("\(name)-\($0)", text: text)).status }
    }

    private func bytes(_ service: Service) throws -> Int {
        let folder = service.data.appending("journal").string
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
            .reduce(0) { try $0 + Data(contentsOf: URL(filePath: "\(folder)/\($1)")).count }
    }

    @Test func theOldestEventsGoAndAreToldOf() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--retain-bytes", "1MiB"])
        #expect(try Set(deliver(40, "r", to: service)) == [200])
        #expect(try await eventually { try bytes(service) <= 1 << 20 })
        let kept = try service.events().compactMap { $0["id"]?.string.flatMap { Int($0) } }
        let first = try #require(kept.first)
        #expect(first > 1)
        #expect(kept == Array(first...40))
        let gap = try Subscriber(service.socket, "{\"op\":\"subscribe\",\"after\":\"1\",\"until\":\"now\"}")
            .next(frame: "gap")
        #expect(gap?["from"]?.string == "2")
        #expect(gap?["to"]?.string == "\(first - 1)")
        #expect(service.process.text(.standardError).contains("deleted"))
        let preview = try Program.run(
            ["journal", "retention", "--dry-run", "--retain-bytes", "1MiB", "--data", service.data.string]
        )
        #expect(preview.exit == .code(0), "\(preview.error)")
        let sum = try object(preview.output.split(separator: "\n").last.map(String.init) ?? "")
        #expect(sum["held_by"] == .array([]))
        #expect(sum["segments_going"] == .number(0), "\(preview.output)")
        #expect(service.stop() == .code(0))
        // What is kept is enough to start with, and ids go on.
        let again = try await Service.ready(in: directory, ["--retain-bytes", "1MiB"])
        #expect(try again.storesTheNext() == "41")
    }

    @Test func withoutALimitNothingGoes() async throws {
        let service = try await Service.ready(in: TemporaryDirectory())
        #expect(try Set(deliver(30, "r", to: service)) == [200])
        #expect(try service.events().count == 30)
    }

    @Test func anOpenSubmissionKeepsItsEventsAndNewOnesAreRefusedWhileDeliveriesGoOn() async throws {
        let directory = TemporaryDirectory()
        // Nobody listens there, so what is submitted waits.
        let service = try await Service.ready(
            in: directory,
            [
                "--retain-bytes", "1MiB", "--fal-queue-url", "http://127.0.0.1:1", "--public-url",
                "http://127.0.0.1:2",
            ],
            environment: ["FAL_KEY": "id:secret"]
        )
        func submit() throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
            try Program.run(["submit", "some/model", "--input", "{}", "--socket", service.socket])
        }
        let first = try submit()
        #expect(first.exit == .code(0), "\(first.error)")
        #expect(try Set(deliver(40, "r", to: service)) == [200])
        #expect(
            await eventually { service.process.text(.standardError).contains("submissions are refused") }
        )
        let second = try submit()
        #expect(second.exit != .code(0))
        #expect(second.error.contains("open submissions"), "\(second.error)")
        #expect(second.error.contains("--retain-bytes"), "\(second.error)")
        #expect(try deliver(1, "more", to: service) == [200])
        #expect(try service.get("/healthz").status == 200)
        #expect(try service.events().first?["id"]?.string == "1")
        #expect(service.stop() == .code(0))
    }

    @Test func aConsumerThatHoldsHasDeliveriesRefusedUntilItHasActed() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--retain-bytes", "1MiB"])
        let consumer = try Subscriber(
            service.socket,
            "{\"op\":\"subscribe\",\"from\":\"first\",\"consumer\":\"encoder\",\"ack\":\"upto\",\"hold\":true,\"sync\":true}"
        )
        #expect(try service.storesTheNext() == "1")
        #expect(try consumer.next(frame: nil) != nil)
        // Far more than the limit; what is past it is refused at once, or after a few more.
        var stored = 1
        var isRefused = false
        while !isRefused, stored < 100 {
            isRefused = try deliver(1, "r-\(stored)", to: service) == [503]
            if !isRefused { stored += 1 }
        }
        #expect(isRefused)
        #expect(try service.get("/healthz").status == 503)
        #expect(service.process.text(.standardError).contains("consumer encoder"))
        #expect(try service.events().count == stored)
        while let event = try consumer.next(frame: nil), event["id"]?.string != "\(stored)" {}
        consumer.send("{\"op\":\"ack\",\"id\":\"\(stored)\"}")
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        #expect(try service.storesTheNext("after") == "\(stored + 1)")
        #expect(service.stop() == .code(0))
    }
}
