import Crypto
import FoundationEssentials
import Glibc
import LoadGenerator
import SystemPackage
import TestSupport
import Testing
import Threading

/// `falconer journal`, through the program, beside a service and without one.
@Suite(.blocking) struct JournalCommandTests {
    private func journal(_ arguments: [String], in directory: TemporaryDirectory) throws -> (
        exit: ChildProcess.Exit?, output: String, error: String
    ) {
        try Program.run(["journal"] + arguments + ["--data", directory.file("data").string])
    }

    private func keys(_ directory: TemporaryDirectory) -> [String] { ["--keys", directory.file("jwks.json").string] }

    /// A data folder with so many deliveries, and no service any more.
    private func stored(_ count: Int) async throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let deliveries = try SignedDelivery.many(count, prefix: "kept", key: Service.key)
        let result = Load(port: service.port, connections: 4, limit: .seconds(60)).run(deliveries)
        try #require(result.stored.count == count)
        try #require(service.stop() == .code(0))
        return directory
    }

    /// Changes the lines of the first segment.
    private func change(_ directory: TemporaryDirectory, _ body: (inout [String]) -> Void) throws {
        let path = directory.file("data").appending("journal").appending("00000000000000000001.jsonl").string
        let bytes = try Data(contentsOf: URL(filePath: path))
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        body(&lines)
        try (lines.joined(separator: "\n") + "\n").write(toFile: path)
    }

    // MARK: - Verify

    @Test func verifyingBesideAServiceUnderLoadFindsNothingWrong() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let deliveries = try SignedDelivery.many(6_000, prefix: "load", key: Service.key)
        let load = Load(port: service.port, connections: 32, limit: .seconds(60))
        // On a thread of its own: those that tests share may all be waiting for processes.
        let result = Monitor<LoadResult?>(nil)
        let thread = WorkerThread(name: "load") {
            let outcome = load.run(deliveries)
            result.withLock { $0 = outcome }
        }
        let isUnderWay = try await eventually { try service.journalLines.count > 50 }
        #expect(isUnderWay)
        var verified = 0
        for arguments in [keys(directory), ["--no-signatures"], ["--no-signatures"], ["--no-signatures"]] {
            let run = try journal(["verify"] + arguments, in: directory)
            #expect(run.exit == .code(0), "\(run.output) \(run.error)")
            let summary = try object(run.output)
            #expect(summary["ok"] == .bool(true))
            if case .number(let count) = summary["events"] { verified += Int(count) }
        }
        #expect(verified > 50)
        thread.join()
        #expect(result.withLock { $0?.stored.count } == 6_000)
        #expect(service.stop() == .code(0))
        let all = try object(try journal(["verify"] + keys(directory), in: directory).output)
        #expect(all["events"] == .number(6_000))
        #expect(all["signatures"] == .number(6_000))
    }

    @Test func damageExits7AndEachFailureIsOneLineThatSaysWhereAndWhatToDo() async throws {
        let directory = try await stored(12)
        try change(directory) { lines in
            lines[1] = lines[1].replacing("falcon dives", with: "Falcon dives")
            lines.remove(at: 5)
            lines.insert("garbage", at: 8)
            lines.append(lines[0])
        }
        let run = try journal(["verify", "--format", "json"] + keys(directory), in: directory)
        #expect(run.exit == .code(7), "\(run.error)")
        let lines = try run.output.split(separator: "\n").map { try object(String($0)) }
        #expect(lines.compactMap { $0["failure"]?.string } == ["damaged", "missing", "not_a_line", "duplicate_id"])
        #expect(lines.dropLast().allSatisfy { $0["segment"]?.string == "00000000000000000001.jsonl" })
        #expect(lines.dropLast().allSatisfy { $0["advice"]?.string?.isEmpty == false && $0["offset"] != nil })
        #expect(lines[0]["first_id"]?.string == "2")
        #expect(lines.last?["ok"] == .bool(false))
        #expect(lines.last?["failures"]?["damaged"] == .number(1))
        let human = try journal(["verify", "--format", "human", "--show", "2"] + keys(directory), in: directory)
        #expect(human.exit == .code(7))
        let text = human.output.split(separator: "\n")
        #expect(text.count == 4, "\(human.output)")
        #expect(text.first?.contains("id 2") == true && text.first?.contains("repair") == true, "\(human.output)")
        #expect(text[2].contains("2 more"), "\(human.output)")
    }

    @Test func signaturesOfAKeyThatIsNotInTheSetAreToldFromDamage() async throws {
        let directory = try await stored(3)
        let other = [UInt8](repeating: 9, count: Ed25519PrivateKey.seedByteCount)
        let path = directory.file("other.json").string
        try Service.keySet([Ed25519PrivateKey(seed: other.span)]).write(toFile: path)
        let run = try journal(["verify", "--keys", path], in: directory)
        #expect(run.exit == .code(7))
        #expect(run.output.contains("\"unknown_key\":3"), "\(run.output)")
        let both = try journal(["verify", "--keys", path] + keys(directory), in: directory)
        #expect(both.exit == .code(0), "\(both.output)")
    }

    @Test func keysComeFromTheDataFolderOrFromTheWeb() async throws {
        let directory = TemporaryDirectory()
        let server = KeySetServer([Service.key])
        defer { server.stop() }
        let service = try await Service.ready(in: directory, ["--keys", server.url])
        _ = try service.deliver(Delivery("kept"))
        let kept = directory.file("data").appending("keys.json").string
        let isKept = await eventually { FileManager.default.fileExists(atPath: kept) }
        #expect(isKept)
        #expect(service.stop() == .code(0))
        let own = try journal(["verify"], in: directory)
        #expect(own.exit == .code(0), "\(own.error)")
        #expect(try object(own.output)["signatures"] == .number(1))
        let web = try journal(["verify", "--keys", server.url], in: directory)
        #expect(web.exit == .code(0), "\(web.error)")
        try FileManager.default.removeItem(atPath: kept)
        let none = try journal(["verify"], in: directory)
        #expect(none.exit == .code(64))
        #expect(none.error.contains("--keys") && none.error.contains("--no-signatures"), "\(none.error)")
        #expect(try journal(["verify", "--keys", "/no/such/file"], in: directory).exit == .code(64))
        #expect(try journal(["verify", "--keys", "x", "--no-signatures"], in: directory).exit == .code(64))
    }

    @Test func interruptedExits130() async throws {
        let directory = try await stored(1)
        // A key set that never comes: the command waits, and its handler is in place.
        let asked = Monitor(false)
        let peer = LoopbackPeer { connection, _ in
            while connection.readRequest() != nil {
                asked.withLock { $0 = true }
                asked.notifyAll()
            }
        }
        defer { peer.stop() }
        let process = try Program.start([
            "journal", "verify", "--data", directory.file("data").string, "--keys", peer.url(),
        ])
        // Without giving up the thread: the command waits for ten seconds only.
        #expect(asked.wait(atMost: .seconds(30), until: { $0 }) { _, isAsked in isAsked })
        process.signal(SIGINT)
        #expect(process.waitForExit() == .code(130))
        #expect(try journal(["verify"] + keys(directory), in: directory).exit == .code(0))
    }

    @Test(arguments: [["verify", "--no-signatures"], ["stats"], ["repair", "--dry-run"], ["repair"], ["export"]])
    func withoutAJournalExits4(arguments: [String]) throws {
        let run = try journal(arguments, in: TemporaryDirectory())
        #expect(run.exit == .code(4))
        #expect(run.error.contains("--data"), "\(run.error)")
        #expect(run.output.isEmpty)
    }

    // MARK: - The others

    @Test func statsCountWhatTheServiceStored() async throws {
        let directory = try await stored(10)
        let run = try journal(["stats"], in: directory)
        #expect(run.exit == .code(0), "\(run.error)")
        let numbers = try object(run.output)
        #expect(numbers["events"] == .number(10))
        #expect(numbers["types"]?["fal.request.succeeded"] == .number(10))
        #expect(numbers["last_hour"] == .number(10))
        #expect(numbers["last_id"]?.string == "10")
        let human = try journal(["stats", "--format", "human"], in: directory)
        #expect(human.output.contains("fal.request.succeeded") && human.output.contains("█"), "\(human.output)")
    }

    @Test func anExportIsJSONLinesByteForByteAndEndsQuietlyWithItsReader() async throws {
        let directory = try await stored(2_000)
        let lines = try Data(
            contentsOf: URL(
                filePath: directory.file("data").appending("journal").appending("00000000000000000001.jsonl").string
            )
        )
        let run = try journal(["export"], in: directory)
        #expect(run.exit == .code(0))
        #expect(run.output == String(decoding: lines, as: UTF8.self))
        let none = try journal(["export", "--until", "1h"], in: directory)
        #expect(none.exit == .code(0) && none.output.isEmpty)
        let some = try journal(
            ["export", "--since", "1h", "--type", "fal.media.*", "--type", "*.succeeded"],
            in: directory
        )
        #expect(some.output == run.output)
        #expect(try journal(["export", "--since", "yesterday"], in: directory).exit == .code(64))
        #expect(try journal(["export", "--type", ""], in: directory).exit == .code(64))

        let script = "\"$0\" journal export --data \"$1\" | head -n 1 | wc -l; echo ${PIPESTATUS[0]}"
        let piped = try ChildProcess("/bin/bash", ["-c", script, Program.path, directory.file("data").string])
        #expect(piped.waitForExit() == .code(0))
        #expect(piped.text(.standardOutput).split(separator: "\n") == ["1", "0"])
        #expect(piped.text(.standardError).isEmpty)
    }

    @Test func aRepairIsRefusedBesideAServiceAndDoneWithoutOne() async throws {
        let directory = try await stored(8)
        try change(directory) { $0[3] = $0[3].replacing("falcon dives", with: "Falcon dives") }
        let plan = try journal(["repair", "--dry-run"], in: directory)
        #expect(plan.exit == .code(0), "\(plan.error)")
        #expect(try object(plan.output)["way"]?.string == "rewrite")
        #expect(try journal(["verify"] + keys(directory), in: directory).exit == .code(7))
        #expect(try journal(["repair"], in: directory).exit == .code(64))

        let other = TemporaryDirectory()
        let service = try await Service.ready(in: other)
        let refused = try journal(["repair", "--yes"], in: other)
        #expect(refused.exit == .code(10), "\(refused.error)")
        #expect(refused.error.contains("\(service.process.processID)"), "\(refused.error)")
        #expect(try journal(["repair", "--dry-run"], in: other).exit == .code(0))
        #expect(try service.storesTheNext() == "1")

        let repair = try journal(["repair", "--yes"], in: directory)
        #expect(repair.exit == .code(0), "\(repair.error)")
        let verified = try journal(["verify"] + keys(directory), in: directory)
        #expect(verified.exit == .code(0), "\(verified.output)")
        let gap = try #require(verified.output.split(separator: "\n").first)
        #expect(try object(String(gap))["first_id"]?.string == "4")
        let again = try journal(["repair", "--format", "human"], in: directory)
        #expect(again.exit == .code(0))
        #expect(again.output.contains("nothing to repair"))
    }

    @Test func nothingIsImported() throws {
        let run = try Program.run(["journal", "import", "events.jsonl"])
        #expect(run.exit == .code(64))
        #expect(run.error.contains("fact"), "\(run.error)")
    }

    @Test func aJournalOfTheBenchVerifiesAndIsNotMadeTwice() throws {
        let directory = TemporaryDirectory()
        let arguments = ["bench", "journal", "--data", directory.file("data").string, "--bytes", "300kB"]
        let made = try Program.run(arguments)
        #expect(made.exit == .code(0), "\(made.error)")
        let verified = try journal(["verify"], in: directory)
        #expect(verified.exit == .code(0), "\(verified.error)")
        #expect(try object(verified.output)["events"] == object(made.output)["events"])
        #expect(try Program.run(arguments).exit == .code(10))
        #expect(try Program.run(["bench", "journal", "--data", "/tmp", "--bytes", "1TB"]).exit == .code(64))
    }
}
