import FoundationEssentials
import Glibc
import LoadGenerator
import SystemPackage
import TestSupport
import Testing

/// Named consumers as people use them: through `falconer listen` and `falconer consumers`.
@Suite(.blocking) struct NamedConsumerTests {
    private func service(in directory: TemporaryDirectory, events count: Int) async throws -> Service {
        let service = try await Service.ready(in: directory)
        let deliveries = try SignedDelivery.many(count, prefix: "request", key: Service.key)
        let result = Load(port: service.port, connections: 4, limit: .seconds(60)).run(deliveries)
        guard result.stored.count == count else { throw SetUpFailure(description: "not all were stored") }
        return service
    }

    private func ids(_ process: ChildProcess) throws -> [String] {
        try process.lines.compactMap { try object($0)["id"]?.string }
    }

    private func listen(_ service: Service, _ arguments: String...) throws -> [String] {
        let listen = try Program.start(["listen", "--socket", service.socket, "--timeout", "20"] + arguments)
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        return try ids(listen)
    }

    @Test(arguments: ["upto", "each"]) func theServiceRemembersWhereAConsumerIsAlsoAfterItWasKilled(
        ack: String
    ) async throws {
        let directory = TemporaryDirectory()
        let first = try await service(in: directory, events: 20)
        #expect(try listen(first, "--consumer", "e", "--ack", ack, "--from", "first", "--count", "7").count == 7)
        first.process.signal(SIGKILL)
        _ = first.process.waitForExit()
        let second = try await Service.ready(in: directory)
        #expect(try listen(second, "--consumer", "e", "--count", "13") == (8...20).map { "\($0)" })
        let list = try Program.start(["consumers", "--socket", second.socket])
        #expect(list.waitForExit() == .code(0))
        let consumer = try object(try #require(list.lines.first))
        #expect(consumer["name"]?.string == "e")
        #expect(consumer["cursor"]?.string == "20")
    }

    @Test func aFolderOfConsumersThatCannotBeReadIsAFailureOfStorage() throws {
        let directory = TemporaryDirectory()
        let data = directory.file("data").string
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try "no folder".write(toFile: data + "/consumers")
        let keys = directory.file("jwks.json").string
        try Service.keySet([Service.key]).write(toFile: keys)
        let run = try Program.run(
            [
                "serve", "--listen", "127.0.0.1:0", "--socket", directory.file("events.sock").string, "--data", data,
                "--keys", keys,
            ],
            within: .seconds(20)
        )
        #expect(run.exit == .code(8), "\(run.error)")
        #expect(run.error.contains("consumers"), "\(run.error)")
    }

    @Test func consumersAreShownResetAndDeletedAndWhatIsNotThereIsSaid() async throws {
        let directory = TemporaryDirectory()
        let service = try await service(in: directory, events: 3)
        func falconer(_ arguments: String..., code: Int32 = 0) throws -> ChildProcess {
            let process = try Program.start(["consumers"] + arguments + ["--socket", service.socket])
            #expect(process.waitForExit() == .code(code), "\(process.text(.standardError))")
            return process
        }
        #expect(try falconer("create", "c", "--from", "first", "--hold").lines.first?.contains("\"hold\":true") == true)
        _ = try falconer("create", "c", code: 10)
        _ = try falconer("show", "d", code: 4)
        _ = try falconer("create", "no/slash", code: 64)
        #expect(try falconer("reset", "c", "--to", "2").lines.first?.contains("\"cursor\":\"2\"") == true)
        #expect(try listen(service, "--consumer", "c", "--count", "1") == ["3"])
        _ = try falconer("parked", "list", "c")
        _ = try falconer("parked", "drop", "c", "--id", "1", code: 4)
        _ = try falconer("parked", "drop", "c", code: 64)
        _ = try falconer("delete", "c")
        #expect(try falconer("list").lines.isEmpty)
    }
}
