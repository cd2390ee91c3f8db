import ArgumentParser
import FalEmulator
import FoundationEssentials
import SystemPackage

/// `falconer trigger`.
struct TriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger",
        abstract: "Post one made-up, signed delivery straight to a hook.",
        discussion: """
            It is signed with the emulator's key, which the receiver must trust: both read the same keys file, and \
            'falconer emulate' publishes it. Prints the hook's status and answer.

              falconer emulate &
              falconer serve --keys http://127.0.0.1:8788/.well-known/jwks.json &
              falconer trigger completed http://127.0.0.1:8787/fal
              falconer trigger failed http://127.0.0.1:8787/fal --bad-signature

            Exit codes: 0 the hook took it (2xx), 2 the hook refused it, 5 unreachable, 64 wrong options.
            """
    )

    @Argument(help: "completed, failed or payload-error.")
    var event: Trigger.Event

    @Argument(help: "The hook, http://127.0.0.1:8787/fal.")
    var hookURL: String

    @Option(help: "The request it is about (default: a new id).")
    var requestID: String?

    @Option(help: "The fal user id it carries (default: \(EmulatorConfiguration.defaultAccount)).")
    var account: String?

    @OptionGroup var keys: KeysFileOptions

    @Option(help: ArgumentHelp("Send this file's bytes as the body.", valueName: "file"))
    var body: String?

    @Flag(help: "Make the signature wrong.")
    var badSignature = false

    @Flag(help: "Sign with a time ten minutes ago.")
    var stale = false

    func run() async throws {
        try reportingFailure {
            var trigger = Trigger(event, hookURL: hookURL, keysFile: keys.path)
            trigger.requestID = requestID
            if let account { trigger.account = account }
            if let body { trigger.body = try wholeFile(body, option: "body") }
            trigger.isSignatureBad = badSignature
            trigger.isStale = stale
            let answer: Trigger.Answer
            do throws(Trigger.Failure) {
                answer = try trigger.send()
            } catch {
                throw CommandFailure(error.isUnreachable ? .unreachable : .usage, error.description)
            }
            try StandardOutput.writeLine("\(answer.status) \(answer.requestID)")
            if !answer.body.isEmpty { try StandardOutput.write(answer.body + [UInt8(ascii: "\n")]) }
            guard (200..<300).contains(answer.status) else {
                throw ExitCode(ExitStatus.requestFailed.rawValue)
            }
        }
    }
}

extension Trigger.Event: ExpressibleByArgument {}

/// The keys file that `emulate` and `trigger` share.
struct KeysFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The signing keys, made on first use (default: $XDG_STATE_HOME/falconer/emulator-keys.json).",
            valueName: "file"
        )
    )
    var keysFile: String?

    /// The file asked for, or the default.
    var path: FilePath {
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        return FilePath(keysFile ?? "\(DefaultPaths(environment: environment).data)/emulator-keys.json")
    }
}

/// Reads a whole file that an option names; of one with more bytes than that, which may have no end, a piece that has more.
func wholeFile(_ path: String, option: String, atMost bytesMax: Int = .max) throws -> [UInt8] {
    do {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                guard count > 0 else { return bytes }
                bytes += chunk[..<count]
                if bytes.count > bytesMax { return bytes }
            }
        }
    } catch {
        throw CommandFailure(.usage, "--\(option): \(path) cannot be read: \(error)")
    }
}
