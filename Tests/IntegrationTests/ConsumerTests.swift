import FoundationEssentials
import LoadGenerator
import SystemPackage
import TestSupport
import Testing

/// What the README tells people to type, typed.
@Suite(.blocking) struct ConsumerTests {
    private static func find(_ program: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func has(_ programs: String...) -> Bool { programs.allSatisfy { find($0) != nil } }

    /// The first code block of a language in the README that holds some text.
    private static func snippet(_ language: String, with text: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = String(decoding: try Data(contentsOf: root.appending(path: "README.md")), as: UTF8.self)
        let blocks = readme.split(separator: "```", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        return String(
            try #require(blocks.first { $0.hasPrefix("\(language)\n") && $0.contains(text) })
                .dropFirst(language.count + 1)
        )
    }

    /// A service with so many events.
    private func service(in directory: TemporaryDirectory, events count: Int) async throws -> Service {
        let service = try await Service.ready(in: directory)
        let deliveries = try SignedDelivery.many(count, prefix: "request", key: Service.key)
        let result = Load(port: service.port, connections: 4, limit: .seconds(60)).run(deliveries)
        guard result.stored.count == count else { throw SetUpFailure(description: "not all were stored") }
        return service
    }

    @Test(.enabled(if: has("nc", "jq"))) func netcatAndJqShowEveryEventAndEnd() async throws {
        let directory = TemporaryDirectory()
        let service = try await service(in: directory, events: 25)
        let line = #"printf '{"op":"subscribe","from":"first","until":"now"}\n' | nc -U "$SOCKET" | jq -c ."#
        #expect(try Self.snippet("sh", with: "nc -U").contains(line))
        let shell = try ChildProcess("/bin/sh", ["-c", line], environment: ["SOCKET": service.socket])
        #expect(shell.waitForExit() == .code(0), "\(shell.text(.standardError))")
        let lines = try shell.lines.map { try object($0) }
        #expect(lines.first?["frame"]?.string == "hello")
        #expect(lines.last?["frame"]?.string == "caught_up")
        #expect(lines.dropFirst().dropLast().map { $0["id"]?.string } == (1...25).map { "\($0)" })
    }

    @Test(.enabled(if: has("nc", "jq"))) func theShellPipelineThatFollowsPrintsWhatIsNew() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let snippet = try Self.snippet("sh", with: "nc -U")
        let start = try #require(snippet.firstRange(of: "{ echo")).lowerBound
        // The sleep is given an end, so that the test leaves no process behind.
        let pipeline = String(snippet[start...]).replacing("sleep infinity", with: "sleep 4")
        let shell = try ChildProcess("/bin/sh", ["-c", pipeline], environment: ["SOCKET": service.socket])
        let url = "https://v3.fal.media/files/load/O853qAknYZGU8_2QCbJwd.mp4"
        // "From now on" begins when the service has read the line, so deliveries go on until one is seen.
        var printed: String?
        for number in 1...30 where printed == nil {
            _ = try service.exchange(SignedDelivery(requestID: "new-\(number)", key: Service.key).bytes)
            printed = shell.line(within: .milliseconds(100)) { !$0.isEmpty }
        }
        #expect(printed == url, "\(shell.text(.standardOutput)) \(shell.text(.standardError))")
        #expect(service.stop() == .code(0))
        #expect(shell.waitForExit() != nil)
    }

    @Test(.enabled(if: has("python3"))) func thePythonOfTheReadmePrintsTheEvents() async throws {
        try await printsEvents(language: "python", program: "python3", suffix: "py")
    }

    @Test(.enabled(if: has("node"))) func theNodeOfTheReadmePrintsTheEvents() async throws {
        try await printsEvents(language: "js", program: "node", suffix: "js")
    }

    private func printsEvents(language: String, program: String, suffix: String) async throws {
        let directory = TemporaryDirectory()
        // The snippet goes on after event 41.
        let service = try await service(in: directory, events: 45)
        let text = try Self.snippet(language, with: "/run/falconer/events.sock")
        let script = directory.file("consumer.\(suffix)").string
        try text.replacing("/run/falconer/events.sock", with: service.socket).write(toFile: script)
        let consumer = try ChildProcess(
            try #require(Self.find(program)),
            [script],
            environment: ["PYTHONUNBUFFERED": "1"]
        )
        let last = consumer.line { $0.hasPrefix("45 fal.request.succeeded") }
        #expect(last != nil, "\(consumer.text(.standardOutput)) \(consumer.text(.standardError))")
        let heads = consumer.lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(heads == (42...45).map { "\($0) fal.request.succeeded" })
        // It goes on with what comes.
        #expect(try service.deliver(Delivery("later")).id == "46")
        #expect(consumer.line { $0.hasPrefix("46 ") } != nil)
        // And it ends when the service does.
        #expect(service.stop() == .code(0))
        #expect(consumer.waitForExit() == .code(0), "\(consumer.text(.standardError))")
    }
}
