import FoundationEssentials
import Glibc
import LoadGenerator
import SystemPackage
import TestSupport

/// A service with events, and scripts that `falconer listen --exec` runs for them; in a directory of its own.
final class ExecHarness {
    let directory = TemporaryDirectory()
    private(set) var service: Service

    /// Starts a service and has it store so many events.
    init(events count: Int) async throws {
        service = try await Service.ready(in: directory)
        let deliveries = try SignedDelivery.many(count, prefix: "request", key: Service.key)
        let result = Load(port: service.port, connections: 4, limit: .seconds(60)).run(deliveries)
        guard result.stored.count == count else { throw SetUpFailure(description: "not all were stored") }
    }

    /// A file in the directory.
    func path(_ name: String) -> String { directory.file(name).string }

    /// Writes a script for the shell; `$dir` is the directory in it.
    ///
    /// The shell reads it rather than the kernel runs it: a process that another test starts at this moment may have the file
    /// open for writing still, and then it could not be run (execve(2), ETXTBSY).
    func script(_ text: String) throws -> String {
        let path = path("script-\(text.hashValue)")
        try "#!/bin/sh\ndir=\(directory.path)\n\(text)\n".write(toFile: path)
        return "/bin/sh \(path)"
    }

    /// Starts `falconer listen` as the consumer `e`, from the first event on.
    func listen(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try Program.start(
            [
                "listen", "--socket", service.socket, "--timeout", "300", "--consumer", "e", "--from", "first",
                "--backoff", "0.01",
            ] + arguments,
            environment: environment
        )
    }

    /// The lines that scripts have written to a file.
    func lines(_ name: String) -> [String] {
        let data = (try? Data(contentsOf: URL(filePath: path(name)))) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Waits for the service to be gone, and starts it again.
    func restart() async throws {
        _ = service.process.waitForExit()
        service = try await Service.ready(in: directory)
    }

    /// Kills the service, and starts it again.
    func killService() async throws {
        service.process.signal(SIGKILL)
        try await restart()
    }

    /// The parked events of the consumer, as the command lists them.
    func parked() throws -> [[String: JSONValue]] {
        let list = try Program.run(["consumers", "parked", "list", "e", "--socket", service.socket])
        return try list.output.split(separator: "\n").map { try object(String($0)) }
    }

    /// The consumer, as the command shows it.
    func consumer() throws -> [String: JSONValue] {
        let list = try Program.run(["consumers", "--socket", service.socket])
        guard let line = list.output.split(separator: "\n").first else { return [:] }
        return try object(String(line))
    }
}
