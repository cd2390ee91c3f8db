import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What `show`, `status` and `list` tell, with service and emulator as real processes.
@Suite(.blocking) struct ShowTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func run(_ service: Service, _ arguments: [String]) throws
        -> (exit: ChildProcess.Exit?, lines: [[String: JSONValue]], error: String)
    {
        let result = try Program.run(arguments + ["--socket", service.socket, "--format", "json"])
        return (result.exit, try result.output.split(separator: "\n").map { try object(String($0)) }, result.error)
    }

    @Test func oneTimelineGoesFromTheCreationToTheLastConsumersAck() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let submitted = try run(service, ["submit", Self.endpoint, "--prompt", "x", "--tag", "t", "--wait"])
        let event = try #require(submitted.lines.first)
        let id = try #require(event["submission"]?.string)
        let request = try #require(event["subject"]?.string)
        #expect(try run(service, ["consumers", "create", "encoder", "--from", "first"]).exit == .code(0))
        // Two more: what one does not want, and what one cannot deal with.
        #expect(
            try run(service, ["consumers", "create", "other", "--from", "first", "--tag", "none"]).exit == .code(0)
        )
        let unlucky = try Program.start(
            ["listen", "--consumer", "unlucky", "--from", "first", "--max-deliveries", "1", "--socket", service.socket]
                + ["--exec", "sh -c 'echo no ffmpeg >&2; exit 1'"]
        )
        #expect(unlucky.line(of: .standardError) { $0.contains("event 4 was parked") } != nil)
        unlucky.signal(SIGTERM)
        #expect(unlucky.waitForExit() == .code(0))
        let before = try #require(try run(service, ["show", id]).lines.first)
        let states = (0..<3).map { before["consumers"]?[$0]?["state"]?.string }
        #expect(states == ["parked", "unread", "unread"])
        #expect(before["consumers"]?[0]?["reason"]?.string?.contains("no ffmpeg") == true)
        #expect((0..<3).allSatisfy { before["consumers"]?[$0]?["done"] == .bool(false) })
        let listened = try Program.run(
            ["listen", "--consumer", "encoder", "--count", "4", "--timeout", "20", "--socket", service.socket]
        )
        #expect(listened.exit == .code(0), "\(listened.error)")

        // By our id, by fal's, and by the beginnings of both.
        for name in [id, request, String(id.prefix(20)), String(request.prefix(20)), id.uppercased()] {
            let shown = try run(service, ["show", name])
            #expect(shown.exit == .code(0), "\(name): \(shown.error)")
            let story = try #require(shown.lines.first)
            #expect(story["state"]?.string == "succeeded")
            #expect(story["tag"]?.string == "t")
            let types = (0..<5).compactMap { story["timeline"]?[$0]?["type"]?.string }
            #expect(
                types == [
                    "fal.submission.created", "fal.submission.sending", "fal.submission.accepted",
                    "fal.request.succeeded",
                ]
            )
            #expect(story["timeline"]?[0]?["after_ms"] == .number(0))
            guard case .number(let last) = story["timeline"]?[3]?["after_ms"] else {
                Issue.record("the last event has no duration")
                continue
            }
            // The emulator lets it wait 50 ms and run 100 ms.
            #expect((150...60_000).contains(last))
            let acked = try #require(
                (0..<3).compactMap { story["consumers"]?[$0] }.first { $0["name"] == .string("encoder") }
            )
            #expect(acked["state"]?.string == "done" && acked["done"] == .bool(true))
            guard case .number(let ackedAfter) = acked["after_ms"] else {
                Issue.record("the acknowledgement has no duration")
                continue
            }
            #expect(ackedAfter >= last)
        }
        let text = try Program.run(["show", id, "--format", "human", "--socket", service.socket]).output
        let lines = text.split(separator: "\n").suffix(3)
        #expect(lines.first?.contains("consumer unlucky  parked: ") == true, "\(text)")
        #expect(lines.dropFirst().first?.contains("  consumer encoder  done") == true, "\(text)")
        #expect(lines.last == "consumer other  not yet" || lines.last == "consumer other  not for it", "\(text)")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aBeginningThatStandsForMoreThanOneIsAmbiguousAndAnUnknownOneIsNotFound() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let ids = try (0..<2).map { number in
            try run(service, ["submit", Self.endpoint, "--prompt", "\(number)"]).lines.first?["submission"]?.string
                ?? ""
        }
        // Ids made within seconds of each other begin alike.
        for command in ["show", "status", "cancel"] {
            let ambiguous = try run(service, [command, String(ids[0].prefix(4))])
            #expect(ambiguous.exit == .code(64))
            for id in ids { #expect(ambiguous.error.contains(id)) }
            #expect(try run(service, [command, "ffffffff"]).exit == .code(4))
            #expect(try run(service, [command, String(ids[0].prefix(3))]).exit == .code(4))
        }
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aListIsNotLimitedToAPageAndIsFilteredByStateTimeEndpointAndTag() throws {
        let directory = TemporaryDirectory()
        let rules = directory.file("rules.json").string
        try #"[{"endpoint": "fal-ai/*", "outcome": "error-422"}]"#.write(toFile: rules)
        let emulator = try Emulator(in: directory, ["--rules", rules, "--concurrency", "2000"])
        let service = try Service(in: directory, submittingTo: emulator)
        let file = directory.file("lines.jsonl").string
        try (0..<1_100).map { "{\"prompt\":\"\($0)\"}\n" }.joined().write(toFile: file)
        #expect(try run(service, ["submit", Self.endpoint, "--batch", file]).exit == .code(0))
        let failed = try run(service, ["submit", "fal-ai/flux/dev", "-i", "prompt=x", "--tag", "t", "--wait"])
        #expect(failed.exit == .code(2), "\(failed.error)")
        let id = try #require(failed.lines.first?["submission"]?.string)
        let all = try run(service, ["list"])
        #expect(all.lines.count == 1_101)
        #expect(Set(all.lines.compactMap { $0["submission"]?.string }).count == 1_101)
        #expect(all.lines.last?["submission"]?.string == id)
        for filter in [
            ["--state", "failed"], ["--endpoint", "fal-ai/*"], ["--tag", "t"],
            ["--since", try #require(all.lines.last?["updated"]?.string.map { String($0.prefix(11)) + "00:00:00Z" })]
                + ["--tag", "t"],
        ] {
            #expect(try run(service, ["list"] + filter).lines.compactMap { $0["submission"]?.string } == [id])
        }
        #expect(try run(service, ["list", "--since", "1h"]).lines.count == 1_101)
        #expect(try run(service, ["list", "--since", "2999-01-01T00:00:00Z"]).lines.isEmpty)
        #expect(try run(service, ["list", "--since", "soon"]).exit == .code(64))
        #expect(try run(service, ["list", "--state", "lying"]).exit == .code(64))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
