import Crypto
import FoundationEssentials
import JSONText
import Posix
import SystemPackage
import TestSupport

/// A `falconer serve` that is measured, with data and keys of its own; it ends with the value.
final class MeasuredService {
    /// What signs the deliveries that it takes.
    let key: Ed25519PrivateKey
    /// The hook's port on 127.0.0.1.
    let port: UInt16
    /// The event socket.
    let socket: String
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts it.
    ///
    /// - Parameters:
    ///   - program: The `falconer`.
    ///   - data: The data folder; nil for a new one.
    ///   - arguments: More of them.
    /// - Throws: ``BenchmarkFailure`` when it does not start.
    init(_ program: String, data: FilePath? = nil, _ arguments: [String] = []) throws {
        directory = TemporaryDirectory()
        key = try Ed25519PrivateKey()
        let raw = key.publicKey.rawBytes
        let keys = directory.file("jwks.json").string
        let set = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(raw.span))\"}]}"
        try Data(set.utf8).write(to: URL(filePath: keys))
        socket = directory.file("s").string
        process = try ChildProcess(
            program,
            [
                "serve", "--listen", "127.0.0.1:0", "--socket", socket, "--data",
                (data ?? directory.file("data")).string, "--keys", keys, "--log-level", "error",
            ] + arguments
        )
        guard let line = process.line(within: .seconds(60), where: { $0.contains("\"url\"") }),
            let port = Self.port(line)
        else { throw BenchmarkFailure("the service did not start: \(process.text(.standardError))") }
        self.port = port
    }

    /// The memory it has resident now, bytes.
    var residentBytes: Int { usage()?.residentBytes ?? 0 }

    /// Asks for its usage, from any thread.
    var usage: @Sendable () -> ProcessUsage? {
        let number = process.processID
        return { ProcessUsage(of: number) }
    }

    /// The id of the last event, as the event socket's first frame says it; 0 for an empty journal.
    ///
    /// - Throws: ``BenchmarkFailure`` when the socket does not say it.
    func lastEventID() throws -> UInt64 {
        let descriptor = try UnixSocket.connect(to: UnixSocketPath(socket))
        let request = Array("{\"op\":\"subscribe\",\"from\":\"new\"}\n".utf8)
        guard case .bytes(request.count) = UnixSocket.send(request.span, to: descriptor.number) else {
            throw BenchmarkFailure("the event socket takes nothing")
        }
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        let deadline = ContinuousClock.now + .seconds(10)
        while byte[0] != UInt8(ascii: "\n"), ContinuousClock.now < deadline {
            switch UnixSocket.receive(into: &byte, from: descriptor.number) {
            case .bytes: line.append(byte[0])
            case .wouldBlock: pause(.milliseconds(1))
            case .ended: throw BenchmarkFailure("the event socket closed")
            }
        }
        let bytes = Array(line.dropLast())
        guard let members = try? JSONText.members(of: bytes.span) else {
            throw BenchmarkFailure("the event socket's first frame cannot be read")
        }
        guard let slice = members.value(of: "last") else { return 0 }
        return (try? JSONText.string(slice, in: bytes.span)).flatMap { UInt64($0) } ?? 0
    }

    /// Ends it.
    ///
    /// - Throws: ``BenchmarkFailure`` when it does not end well.
    func stop() throws {
        process.signal(15)
        guard process.waitForExit() == .code(0) else {
            throw BenchmarkFailure("the service did not end well: \(process.text(.standardError))")
        }
    }

    private static func port(_ line: String) -> UInt16? {
        let bytes = Array(line.utf8)
        guard let members = try? JSONText.members(of: bytes.span), let slice = members.value(of: "url"),
            let url = try? JSONText.string(slice, in: bytes.span)
        else { return nil }
        return url.split(separator: ":").last.flatMap { UInt16($0) }
    }
}
