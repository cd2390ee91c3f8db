import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Local files that an input names where URLs belong.
@Suite(.blocking) struct UploadTests {
    private static let endpoint = "xai/grok-imagine-video/image-to-video"
    private static let key = ["FAL_KEY": "emulator:secret"]

    /// What the emulator serves under a URL.
    private func fetched(_ url: String) throws -> (bytes: Data, head: String) {
        let target = TemporaryDirectory()
        let file = target.file("fetched").string
        let curl = try ChildProcess("/usr/bin/env", ["curl", "-s", "-D", "-", "-o", file, url])
        _ = curl.waitForExit()
        return (try Data(contentsOf: URL(filePath: file)), curl.text(.standardOutput).lowercased())
    }

    private func createdInput(_ service: Service) throws -> JSONValue? {
        let line = try #require(try service.journalLines.first { $0.contains("fal.submission.created") })
        return try object(line)["data"]?["input"]
    }

    @Test(arguments: [["--image-url"], ["-i", "image_url=@"]])
    func aLocalFileIsUploadedBeforeTheSubmissionIsMade(flag: [String]) throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let photo = directory.file("my photo.png").string
        let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try bytes.write(to: URL(filePath: photo))
        let named = flag.count == 1 ? [flag[0], photo] : [flag[0], flag[1] + photo]
        let result = try Program.run(
            ["submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--fal-rest-url", emulator.url]
                + named + ["--wait", "--timeout", "20"],
            environment: Self.key
        )
        #expect(result.exit == .code(0), "\(result.error)")
        let url = try #require(try createdInput(service)?["image_url"]?.string)
        #expect(url.hasPrefix("\(emulator.url)/files/upload/") && url.hasSuffix("/my%20photo.png"))
        let served = try fetched(url)
        #expect(served.bytes == bytes)
        #expect(served.head.contains("content-type: image/png"))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aListTakesSeveralFilesAndURLsAndEachFileIsUploadedOnce() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let (one, two) = (directory.file("1.jpg").string, directory.file("2.webp").string)
        try "one".write(toFile: one)
        try "two".write(toFile: two)
        let list = #"["@\#(one)","https://example.com/3.png","@\#(two)","@\#(one)"]"#
        let result = try Program.run(
            [
                "submit", "xai/grok-imagine-video/reference-to-video", "--prompt", "@Image1 dives", "-i",
                "reference_image_urls=\(list)", "--socket", service.socket, "--fal-rest-url", emulator.url,
            ],
            environment: Self.key
        )
        #expect(result.exit == .code(0), "\(result.error)")
        let input = try createdInput(service)
        #expect(input?["prompt"]?.string == "@Image1 dives")
        let urls = try (0..<4).map { try #require(input?["reference_image_urls"]?[$0]?.string) }
        #expect(urls[1] == "https://example.com/3.png")
        #expect(urls[0] == urls[3])
        #expect(try fetched(urls[0]).bytes == Data("one".utf8))
        #expect(try fetched(urls[2]).bytes == Data("two".utf8))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whenTheUploadFailsNothingIsSubmittedAndItIsSaidWhatToDo() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let photo = directory.file("photo.png").string
        try "pixels".write(toFile: photo)
        func submit(
            _ file: String,
            to url: String,
            _ more: [String] = [],
            environment: [String: String] = Self.key
        ) throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
            try Program.run(
                ["submit", Self.endpoint, "--prompt", "x", "--socket", service.socket, "--fal-rest-url", url]
                    + ["--image-url", file] + more,
                environment: environment
            )
        }
        let unreachable = try submit(photo, to: "http://127.0.0.1:1")
        #expect(unreachable.exit == .code(5))
        #expect(unreachable.error.contains("nothing was submitted: run it again"))
        let refused = try submit(photo, to: emulator.url, environment: ["FAL_KEY": ""])
        #expect(refused.exit == .code(64))
        let missing = try submit("./no-such-photo.png", to: emulator.url)
        #expect(missing.exit == .code(64))
        #expect(missing.error.contains("there is no file ./no-such-photo.png"))
        // Looked at before the file goes anywhere.
        let bad = try submit(photo, to: "http://127.0.0.1:1", ["--duration", "99"])
        #expect(bad.exit == .code(64))
        #expect(bad.error.contains("duration is 99"))
        let batch = directory.file("lines.jsonl").string
        try "{\"prompt\":\"x\"}\n".write(toFile: batch)
        #expect(try submit(photo, to: emulator.url, ["--batch", batch]).exit == .code(64))
        #expect(try submit(photo, to: emulator.url, ["--idempotency-key", "order-1"]).exit == .code(64))
        #expect(try service.journalLines.isEmpty)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aKeyThatTheStorageRefusesIsSaidToBeThat() throws {
        let directory = TemporaryDirectory()
        let photo = directory.file("photo.png").string
        try "pixels".write(toFile: photo)
        let peer = LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            let body = #"{"detail":"No user found for Key ID and Secret"}"#
            connection.write(
                "HTTP/1.1 401 Unauthorized\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
            )
        }
        defer { peer.stop() }
        let result = try Program.run(["upload", photo, "--fal-rest-url", peer.url("")], environment: Self.key)
        #expect(result.exit == .code(9), "\(result.error)")
        #expect(result.error.contains("No user found"))
        #expect(peer.requests.count == 1)
    }

    @Test func runTakesLocalFilesTooAndAFileOfInputsNamesNone() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let photo = directory.file("photo.png").string
        try "pixels".write(toFile: photo)
        let common = [
            "run", "fal-ai/birds", "--fal-run-url", "\(emulator.url)/run", "--fal-rest-url", emulator.url, "--no-check",
        ]
        let run = try Program.run(common + ["-i", "image_url=@\(photo)"], environment: Self.key)
        #expect(run.exit == .code(0), "\(run.error)")
        #expect(try emulator.books().contains("/photo.png"))
        let input = #"{"video_url":"@\#(photo)","mask_url":"\#(photo)"}"#
        #expect(try Program.run(common + ["--input", input], environment: Self.key).exit == .code(0))
        #expect(try emulator.books().contains("\"@\(photo)\""))
        let uploaded = try Program.run(
            ["upload", photo, photo, "--fal-rest-url", emulator.url],
            environment: Self.key
        )
        let urls = uploaded.output.split(separator: "\n").map(String.init)
        #expect(urls.count == 2)
        #expect(try urls.map { try fetched($0).bytes } == [Data("pixels".utf8), Data("pixels".utf8)])
        #expect(emulator.stop() == .code(0))
    }
}
