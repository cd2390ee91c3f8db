import SystemPackage
import TestSupport
import Testing

/// What `doctor` finds in set-ups that work and in some that do not.
@Suite(.blocking) struct DoctorTests {
    private func examine(_ arguments: [String], key: String? = "emulator:secret") throws
        -> (exit: ChildProcess.Exit?, verdicts: [String: String], lines: [[String: JSONValue]])
    {
        let environment = key.map { ["FAL_KEY": $0] } ?? [:]
        let result = try Program.run(["doctor", "--format", "json"] + arguments, environment: environment)
        let lines = try result.output.split(separator: "\n").map { try object(String($0)) }
        let pairs = lines.map { ($0["check"]?.string ?? "?", $0["verdict"]?.string ?? "?") }
        return (result.exit, Dictionary(uniqueKeysWithValues: pairs), lines)
    }

    @Test func aSetUpThatWorksHasNothingWrongAndTellsSoWithoutSpending() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let found = try examine([
            "--socket", service.socket, "--data", service.data.string, "--keys",
            "\(emulator.url)/.well-known/jwks.json", "--fal-queue-url", emulator.url, "--public-url", service.url,
        ])
        #expect(found.exit == .code(0))
        for check in ["service", "polling", "fal key", "public URL", "key set"] {
            #expect(found.verdicts[check] == "ok", "\(check)")
        }
        // In memory or on a disk, as the machine has it.
        #expect(["ok", "doubt"].contains(found.verdicts["data folder"]))
        #expect(["ok", "-", "skipped"].contains(found.verdicts["clock"]))
        #expect(try !emulator.books().contains("request_id"))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func whatIsWrongIsNamedWithWhatToDo() throws {
        let directory = TemporaryDirectory()
        // A server that refuses keys, has no key set, and is an hour late.
        let peer = LoopbackPeer { connection, _ in
            guard let request = connection.readRequest() else { return }
            let status = request.target.contains("requests") ? "401 Unauthorized" : "404 Not Found"
            let head = "HTTP/1.1 \(status)\r\nDate: Sun, 22 Nov 2020 14:17:00 GMT\r\nContent-Length: 2\r\n"
            connection.write(head + "Connection: close\r\n\r\n{}")
        }
        defer { peer.stop() }
        // A folder cannot be made in a file, whoever asks.
        let file = directory.file("file")
        try "".write(toFile: file.string)
        let found = try examine([
            "--socket", directory.file("none.sock").string, "--data", file.appending("data").string, "--keys",
            peer.url("/jwks.json"),
            "--fal-queue-url", peer.url(""), "--public-url", peer.url(""),
        ])
        #expect(found.exit == .code(1))
        for check in ["service", "data folder", "fal key", "public URL", "key set", "clock"] {
            #expect(found.verdicts[check] == "wrong", "\(check)")
        }
        #expect(found.lines.allSatisfy { $0["advice"]?.string?.isEmpty == false })
    }

    @Test func withoutAKeyOrAPublicURLItSaysWhatCannotBeDone() throws {
        let directory = TemporaryDirectory()
        let keys = directory.file("jwks.json").string
        try Service.keySet([Service.key]).write(toFile: keys)
        let found = try examine(
            ["--socket", directory.file("none.sock").string, "--data", directory.file("data").string, "--keys", keys],
            key: nil
        )
        #expect(found.exit == .code(1))
        #expect(found.verdicts["fal key"] == "wrong")
        #expect(found.verdicts["public URL"] == "skipped")
        #expect(found.verdicts["key set"] == "ok")
    }
}
