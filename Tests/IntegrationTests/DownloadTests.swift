import Crypto
import FoundationEssentials
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

/// The files of results, fetched by the real service.
@Suite(.blocking) struct DownloadTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func events(_ type: String, _ service: Service) throws -> [[String: JSONValue]] {
        try service.journalLines.map { try object($0) }.filter { $0["type"]?.string == type }
    }

    private func digest(_ path: String) throws -> String {
        SHA256.digest(Array(try Data(contentsOf: URL(filePath: path))).span).hex
    }

    @Test func theVideoOfAResultIsSavedWithItsDigestAndSaid() async throws {
        let directory = TemporaryDirectory()
        let media = directory.file("media").string
        let emulator = try Emulator(in: directory)
        let options = [
            "--download", media, "--download-name", "{submission}/{index}-{name}", "--media-host", "127.0.0.1",
        ]
        let service = try Service(in: directory, submittingTo: emulator, options)
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--wait", "--socket", service.socket, "--format", "json"]
        )
        #expect(submitted.exit == .code(0), "\(submitted.error)")
        let outcome = try object(submitted.output)
        let id = try #require(outcome["submission"]?.string)
        #expect(try await eventually { try !events("fal.media.saved", service).isEmpty })
        let saved = try #require(try events("fal.media.saved", service).first)
        let path = try #require(saved["data"]?["path"]?.string)
        #expect(path == "\(media)/\(id)/0-video.mp4")
        #expect(saved["data"]?["sha256"]?.string == (try digest(path)))
        #expect(saved["data"]?["url"] == outcome["data"]?["payload"]?["video"]?["url"])
        #expect(saved["data"]?["bytes"] == outcome["data"]?["payload"]?["video"]?["file_size"])
        #expect(saved["data"]?["submission"]?.string == id)
        #expect(saved["data"]?["request_id"] == outcome["subject"])
        #expect(saved["submission"]?.string == id)
        #expect(saved["subject"] == outcome["subject"])
        // Only after the 200, and with nothing left over.
        #expect(try FileManager.default.contentsOfDirectory(atPath: media) == [id])
        let shown = try Program.run(["show", id, "--socket", service.socket, "--format", "json"])
        #expect(shown.output.contains("fal.media.saved"))
        #expect(shown.output.contains("0-video.mp4"))

        // After a restart what is saved is not fetched again.
        try FileManager.default.removeItem(atPath: path)
        #expect(service.stop() == .code(0))
        let again = try Service(in: directory, submittingTo: emulator, options)
        let second = try Program.run(
            ["submit", Self.endpoint, "--prompt", "y", "--wait", "--socket", again.socket, "--format", "json"]
        )
        #expect(second.exit == .code(0), "\(second.error)")
        #expect(try await eventually { try events("fal.media.saved", again).count == 2 })
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(again.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aFileIsGoneOnWithAfterAKill() async throws {
        let directory = TemporaryDirectory()
        let video = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let half = 200_000
        let isOpen = Monitor(false)
        let peer = LoopbackPeer { connection, _ in
            guard let request = connection.readRequest() else { return }
            let range = request.header("Range").flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
            guard isOpen.withLock({ $0 }) else {
                connection.write("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: \(video.count)\r\n\r\n")
                connection.write(Array(video[..<half]))
                connection.readUntilClosed()
                return
            }
            let start = range ?? 0
            let head = range == nil ? "200 OK" : "206 Partial Content"
            connection.write(
                "HTTP/1.1 \(head)\r\nETag: \"v1\"\r\nContent-Length: \(video.count - start)\r\n"
                    + "Content-Range: bytes \(start)-\(video.count - 1)/\(video.count)\r\n\r\n"
            )
            connection.write(Array(video[start...]))
        }
        defer { peer.stop() }
        let media = directory.file("media").string
        let options = ["--download", media, "--media-host", "127.0.0.1:\(peer.port)"]
        let service = try await Service.ready(in: directory, options)
        let file = "{\"url\":\"\(peer.url("/v.mp4"))\",\"file_size\":\(video.count),\"content_type\":\"video/mp4\"}"
        let body = "{\"request_id\":\"r-1\",\"status\":\"OK\",\"error\":null,\"payload\":{\"video\":\(file)}}"
        #expect(try service.deliver(Delivery("r-1", body: Array(body.utf8))).status == 200)
        func partial() throws -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: media)) ?? []
            guard let name = names.first(where: { $0.hasSuffix(".part") }) else { return 0 }
            return try Data(contentsOf: URL(filePath: "\(media)/\(name)")).count
        }
        #expect(try await eventually { try partial() == half })
        service.process.signal(SIGKILL)
        #expect(service.process.waitForExit() == .signal(SIGKILL))
        isOpen.withLock { $0 = true }

        let restarted = try Service(in: directory, options)
        #expect(try await eventually { try !events("fal.media.saved", restarted).isEmpty })
        let saved = try #require(try events("fal.media.saved", restarted).first)
        #expect(saved["data"]?["path"]?.string == "\(media)/r-1/v.mp4")
        #expect(saved["data"]?["sha256"]?.string == SHA256.digest(video.span).hex)
        #expect(try digest("\(media)/r-1/v.mp4") == SHA256.digest(video.span).hex)
        #expect(peer.requests.map { $0.header("Range") } == [nil, "bytes=\(half)-"])
        #expect(peer.requests.last?.header("If-Range") == "\"v1\"")
        #expect(try FileManager.default.contentsOfDirectory(atPath: media) == ["r-1"])

        // Killed once more, it asks for nothing that it has.
        restarted.process.signal(SIGKILL)
        _ = restarted.process.waitForExit()
        let third = try await Service.ready(in: directory, options)
        let next = body.replacing("r-1", with: "r-2")
        #expect(try third.deliver(Delivery("r-2", body: Array(next.utf8))).status == 200)
        #expect(try await eventually { try events("fal.media.saved", third).count == 2 })
        #expect(peer.requests.count == 3)
        #expect(third.stop() == .code(0))
    }

    @Test func aFileThatMayNotBeFetchedIsSaidInTheJournalAndByShow() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        // Without --media-host the emulator is a stranger.
        let service = try Service(
            in: directory,
            submittingTo: emulator,
            ["--download", directory.file("media").string]
        )
        let submitted = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--wait", "--socket", service.socket, "--format", "json"]
        )
        let id = try #require(try object(submitted.output)["submission"]?.string)
        #expect(try await eventually { try !events("fal.media.failed", service).isEmpty })
        let failed = try #require(try events("fal.media.failed", service).first)
        #expect(failed["data"]?["code"]?.string == "host_not_allowed")
        let shown = try Program.run(["show", id, "--socket", service.socket, "--format", "json"])
        #expect(shown.output.contains("allow it with --media-host"))
        let status = try object(
            try Program.run(["status", id, "--socket", service.socket, "--format", "json"]).output
        )
        #expect(status["state"]?.string == "succeeded")
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aSubmissionHasItsFilesPutWhereItMayAndOtherResultsStayAtFal() async throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let permitted = directory.file("permitted").string
        let service = try Service(
            in: directory,
            submittingTo: emulator,
            ["--allow-download", permitted, "--media-host", "127.0.0.1"]
        )
        func submit(_ arguments: [String]) throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
            try Program.run(
                ["submit", Self.endpoint, "--prompt", "x", "--wait", "--socket", service.socket, "--format", "json"]
                    + arguments
            )
        }
        #expect(try submit([]).exit == .code(0))
        for folder in [directory.file("elsewhere").string, permitted + "er", permitted + "/../elsewhere"] {
            let refused = try submit(["--download", folder])
            #expect(refused.exit == .code(64))
            #expect(refused.error.contains("--allow-download"), "\(refused.error)")
        }
        let wanted = try submit(["--download", permitted + "/./mine/"])
        #expect(wanted.exit == .code(0), "\(wanted.error)")
        let id = try #require(try object(wanted.output)["submission"]?.string)
        #expect(try await eventually { try !events("fal.media.saved", service).isEmpty })
        let saved = try events("fal.media.saved", service).compactMap { $0["data"]?["path"]?.string }
        #expect(saved == ["\(permitted)/mine/\(id)/video.mp4"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: permitted) == ["mine"])
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test(arguments: [
        (["--download-name", "{name}"], "--download-name"), (["--download-bytes-max", "0"], "--download-bytes-max"),
        (["--download-timeout", "0s"], "--download-timeout"), (["--media-host", "a/b"], "--media-host"),
    ])
    func optionsThatCannotBeMeantAreRefused(arguments: [String], name: String) throws {
        let result = try Program.run(["serve", "--download", "media"] + arguments)
        #expect(result.exit == .code(64))
        #expect(result.error.contains(name))
    }
}
