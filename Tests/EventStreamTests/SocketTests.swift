import EventStream
import Glibc
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@Suite struct SocketTests {
    private func start(_ path: String) throws -> EventStreamServer {
        // No consumer is made here, so the directory need not outlive the start.
        let consumers = TemporaryDirectory()
        return try EventStreamServer.start(
            path: path,
            consumersDirectory: consumers.path.string,
            log: MemoryLog(),
            commands: RecordedCommands(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func theSocketIsForItsOwnerAndGroupAndItsDirectoryIsMade() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("run/falconer/events.sock").string
        let server = try start(path)
        #expect(mode(path) == 0o660)
        #expect(mode(directory.file("run/falconer").string) == 0o750)
        server.stop(reason: "test")
        #expect(access(path, F_OK) != 0)
    }

    @Test func aPathOfTheLimitIsBoundAndOneByteMoreIsRefused() throws {
        let directory = TemporaryDirectory()
        let base = directory.path.string + "/"
        let longest = base + String(repeating: "s", count: 107 - base.utf8.count)
        let server = try start(longest)
        #expect(access(longest, F_OK) == 0)
        server.stop(reason: "test")
        let error = #expect(throws: EventStreamError.self) { try start(longest + "s") }
        #expect(error == .socket(.pathTooLong(path: longest + "s", bytes: 108)))
        #expect(error?.description.contains("107") == true)
        #expect(throws: EventStreamClientError.self) {
            try EventStreamClient.connect(path: longest + "s", timeout: .seconds(1))
        }
    }

    @Test func aSocketWhoseOwnerIsGoneIsReplaced() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s").string
        do { _ = try UnixSocketListener(path: UnixSocketPath(path)) }
        #expect(access(path, F_OK) == 0)
        let error = #expect(throws: EventStreamClientError.self) {
            try EventStreamClient.connect(path: path, timeout: .seconds(1))
        }
        #expect(error == .notRunning(path: path) && error?.description.contains("`falconer serve`") == true)
        let server = try start(path)
        #expect(try TestClient(path: path).line()?.contains("hello") == true)
        server.stop(reason: "test")
    }

    @Test func aSecondServerIsRefusedAndTheFirstGoesOn() throws {
        let server = try TestServer()
        let error = #expect(throws: EventStreamError.self) { try start(server.path) }
        #expect(error == .socket(.inUse(path: server.path)))
        _ = try server.connect()
    }

    @Test func whatIsNoSocketIsNotTouched() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s").string
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        close(file)
        let error = #expect(throws: EventStreamError.self) { try start(path) }
        #expect(error == .socket(.notASocket(path: path)))
        #expect(access(path, F_OK) == 0)
    }

    @Test func stoppingTellsEveryClientItsPositionAndRemovesTheFile() throws {
        let server = try TestServer(events: 7)
        let subscriber = try server.connect()
        try subscriber.say(#"{"op":"subscribe"}"#)
        #expect(try subscriber.parsed() == .caughtUp(7))
        let other = try server.connect()
        let begin = ContinuousClock.now
        server.server.stop(reason: "the service restarts: connect again")
        #expect(ContinuousClock.now - begin < .seconds(1))
        #expect(
            try subscriber.parsed() == .bye(code: "stopping", id: 7, message: "the service restarts: connect again")
        )
        #expect(try subscriber.line() == nil)
        #expect(try other.rest().count == 1)
        #expect(access(server.path, F_OK) != 0)
        #expect(throws: EventStreamClientError.self) { try server.connect() }
    }

    @Test func stoppingIsBoundedAndEndsAtALineForThoseWhoRead() async throws {
        let server = try TestServer()
        server.append(2000, padding: 1_000)
        let clients = try (0..<5).map { _ in try RawClient(path: server.path) }
        for client in clients { client.send("{\"op\":\"subscribe\",\"from\":\"first\"}\n") }
        let beginning = String(decoding: clients[0].read { $0.count > 1_000 }, as: UTF8.self)
        #expect(await eventually { server.server.connections == 5 })
        let received = Monitor("")
        let first = clients[0]
        let reader = WorkerThread(name: "reader") {
            let text = first.text()
            received.withLock { $0 = text }
        }
        let begin = ContinuousClock.now
        server.server.stop(reason: "test")
        #expect(ContinuousClock.now - begin < .seconds(3))
        reader.join()
        let lines = (beginning + received.withLock { $0 }).split(separator: "\n", omittingEmptySubsequences: false)
        let ids = try lines.dropLast().compactMap { line -> UInt64? in
            guard case .event(let event) = try StreamLine(Array(line.utf8)) else { return nil }
            return event.id
        }
        guard lines.count > 1, case .bye(let code, let id, _) = try StreamLine(Array(lines[lines.count - 2].utf8))
        else {
            Issue.record("no bye")
            return
        }
        #expect(code == "stopping" && id == ids.last)
    }

    @Test func stoppingDoesNotRemoveTheSocketOfAnother() throws {
        let server = try TestServer()
        unlink(server.path)
        let other = try start(server.path)
        server.server.stop(reason: "test")
        #expect(access(server.path, F_OK) == 0)
        #expect(try TestClient(path: server.path).line()?.contains("hello") == true)
        other.stop(reason: "test")
        #expect(access(server.path, F_OK) != 0)
    }

    @Test func repliesThatWaitAreSentBeforeTheBye() async throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.say(#"{"op":"hold"}"#)
        #expect(await eventually { server.commands.heldCount == 1 })
        server.commands.takeHeld().first?.finish(data(#"{"a":1}"#))
        server.server.stop(reason: "test")
        #expect(try client.line() == #"{"frame":"reply","op":"hold","a":1}"#)
        #expect(try client.line()?.hasPrefix(#"{"frame":"bye","code":"stopping""#) == true)
    }

    @Test(.enabled(if: access("/usr/bin/nc", X_OK) == 0)) func ncPrintsAReplayAndEnds() throws {
        let server = try TestServer(events: 100)
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", #"printf '{"op":"subscribe","from":"first","until":"now"}\n' | /usr/bin/nc -U "$0""#, server.path]
        )
        #expect(child.waitForExit(within: .seconds(10)) == .code(0))
        let lines = child.lines
        #expect(lines.count == 102 && lines.first?.hasPrefix(#"{"frame":"hello""#) == true)
        #expect(lines.dropFirst().dropLast() == server.log.text(1...100)[...])
        #expect(lines.last == #"{"frame":"caught_up","id":"100"}"#)
    }
}
