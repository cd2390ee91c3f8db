import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport

/// A running `falconer emulate`.
final class Emulator {
    let process: ChildProcess
    let url: String
    let keys: String

    /// Starts it with keys of its own.
    init(in directory: TemporaryDirectory, _ arguments: [String] = []) throws {
        keys = directory.file("emulator-keys.json").string
        let all = [
            "emulate", "--listen", "127.0.0.1:0", "--keys-file", keys, "--queue-time", "0.05", "--run-time", "0.1",
        ]
        process = try Program.start(all + arguments)
        guard let line = process.line(where: { $0.contains("\"url\"") }), let url = try object(line)["url"]?.string
        else {
            throw SetUpFailure(description: "the emulator did not start: \(process.text(.standardError))")
        }
        self.url = url
    }

    /// Asks it to stop and waits until it has.
    func stop() -> ChildProcess.Exit? {
        process.signal(SIGTERM)
        return process.waitForExit()
    }

    /// The options of a service that submits to it.
    var serveOptions: [String] {
        ["--keys", "\(url)/.well-known/jwks.json", "--fal-queue-url", url, "--public-url", "auto"]
    }

    /// Its own books: every request it accepted.
    func books() throws -> String {
        let result = try ChildProcess("/usr/bin/env", ["curl", "-s", "\(url)/emulator/requests"])
        _ = result.waitForExit()
        return result.text(.standardOutput)
    }
}

extension Service {
    /// Starts a service that submits to an emulator.
    convenience init(in directory: TemporaryDirectory, submittingTo emulator: Emulator, _ arguments: [String] = [])
        throws
    {
        try self.init(
            in: directory,
            emulator.serveOptions + arguments,
            environment: ["FAL_KEY": "emulator:secret"]
        )
    }
}
