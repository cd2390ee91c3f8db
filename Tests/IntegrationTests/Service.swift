import Crypto
import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport

/// A running `falconer serve` with a key set of the test's own.
final class Service {
    let process: ChildProcess
    let port: UInt16
    let socket: String
    let data: FilePath
    let url: String
    /// Held, so that what the service reads and writes is there as long as it runs.
    private let directory: TemporaryDirectory

    /// The key that signs what this service trusts.
    static let key: Ed25519PrivateKey = {
        let seed = [UInt8](repeating: 7, count: Ed25519PrivateKey.seedByteCount)
        guard let key = try? Ed25519PrivateKey(seed: seed.span) else { preconditionFailure("no key of 32 bytes") }
        return key
    }()

    /// Starts the service and waits until it says that it is ready.
    ///
    /// - Parameters:
    ///   - directory: Where its data, its socket and its key set are; the same one again is a restart.
    ///   - arguments: More of them.
    ///   - environment: Variables beside this process's own.
    ///   - preparation: What a shell does in the process before it becomes the service.
    /// - Throws: ``SetUpFailure`` with what it wrote to standard error.
    init(
        in directory: TemporaryDirectory,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        after preparation: String? = nil
    ) throws {
        self.directory = directory
        let keys = directory.file("jwks.json").string
        if !FileManager.default.fileExists(atPath: keys) {
            try Self.keySet([Self.key]).write(toFile: keys)
        }
        socket = directory.file("events.sock").string
        data = directory.file("data")
        var all = ["serve", "--listen", "127.0.0.1:0", "--socket", socket, "--data", data.string]
        if !arguments.contains("--keys") { all += ["--keys", keys] }
        if let preparation {
            let script = preparation + "; exec \"$0\" \"$@\""
            process = try ChildProcess("/bin/sh", ["-c", script, Program.path] + all + arguments)
        } else {
            // Only what a test sets up is asked about models.
            let quiet = ["FALCONER_NO_MODEL_DOCUMENTS": "true"].merging(environment) { $1 }
            process = try Program.start(all + arguments, environment: quiet)
        }
        guard let line = process.line(where: { $0.contains("\"listening\"") }) else {
            throw SetUpFailure(description: "the service did not start: \(process.text(.standardError))")
        }
        let ready = try object(line)
        url = ready["url"]?.string ?? ""
        guard let port = url.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw SetUpFailure(description: "no port in \(line)")
        }
        self.port = port
    }

    /// Every line of the journal's segments, in order.
    var journalLines: [String] {
        get throws {
            let folder = data.appending("journal").string
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
                .sorted()
                .flatMap { name -> [String] in
                    let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
                    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
                }
        }
    }

    /// Asks it to stop and waits until it has.
    @discardableResult
    func stop(within limit: Duration = .seconds(60)) -> ChildProcess.Exit? {
        process.signal(SIGTERM)
        return process.waitForExit(within: limit)
    }

    /// A JWKS document of these keys' public halves.
    static func keySet(_ keys: [Ed25519PrivateKey]) -> String {
        let entries = keys.map { key in
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Data(key.publicKey.rawBytes).base64URL)\"}"
        }
        return "{\"keys\":[\(entries.joined(separator: ","))]}"
    }
}

extension Data {
    fileprivate var base64URL: String {
        base64EncodedString().filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined()
    }
}

extension String {
    func write(toFile path: String) throws {
        try Data(utf8).write(to: URL(filePath: path))
    }
}
