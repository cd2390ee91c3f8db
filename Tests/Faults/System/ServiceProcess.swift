import FoundationEssentials
import Glibc
import Posix
import TestSupport

/// A `falconer serve` that runs, or that ended before it was ready.
final class ServiceProcess {
    /// How long a start may take (I6).
    static let startTimeMax = Duration.seconds(10)

    /// What something else runs the service in; the first word is the path of a program.
    struct Wrapper {
        /// The words before the service's own.
        var words: [String] = []
        /// How much longer everything takes because of it.
        var patience: Duration = .zero
    }

    /// The process; the service itself, also where it was wrapped.
    let process: ChildProcess
    /// The hook's port; 0 when it did not start.
    private(set) var port: UInt16 = 0
    /// How long it took to say that it is reachable.
    private(set) var startTime: Duration = .zero
    private let workspace: Workspace

    /// Starts the service and waits until it says where it is reachable, or ends.
    init(_ falconer: String, in workspace: Workspace, _ arguments: [String] = [], wrapper: Wrapper = Wrapper()) throws {
        self.workspace = workspace
        let service = [
            falconer, "serve", "--listen", "127.0.0.1:0", "--socket", workspace.socket, "--data", workspace.data,
            "--keys", workspace.keySet, "--threads", "2", "--account", "load|1",
        ]
        let words = wrapper.words + service + arguments
        let begin = ContinuousClock.now
        process = try ChildProcess(words[0], Array(words.dropFirst()), environment: ["NO_COLOR": "1"])
        let line = process.line(within: Self.startTimeMax + wrapper.patience) { $0.contains("\"listening\"") }
        startTime = begin.duration(to: .now)
        guard let line, let url = line.split(separator: "\"").first(where: { $0.hasPrefix("http://") }),
            let port = url.split(separator: ":").last.flatMap({ UInt16($0) })
        else { return }
        self.port = port
    }

    /// Whether it said that it is reachable.
    var hasStarted: Bool { port > 0 }

    /// What it wrote to standard error.
    var log: String { process.text(.standardError) }

    /// Waits until it says that deliveries can be stored.
    func waitUntilReady(atMost limit: Duration = .seconds(10)) -> Bool {
        waits(atMost: limit) { health() == 200 }
    }

    /// The status of `GET /healthz`; nil when there is no answer.
    func health() -> Int? {
        guard let connection = try? RawConnection(to: address, deadline: .seconds(5)) else { return nil }
        connection.send("GET /healthz HTTP/1.1\r\nHost: hook\r\nConnection: close\r\n\r\n")
        var reader = RawResponseReader(connection)
        return try? reader.next().status
    }

    /// Where the hook is.
    var address: InternetAddress { InternetAddress(ip: .v4(0x7F00_0001), port: port) }

    /// Ends it from one moment to the next, and waits for that.
    func kill() {
        process.signal(SIGKILL)
        _ = process.waitForExit(within: .seconds(20))
    }

    /// Asks it to stop, and waits.
    ///
    /// - Returns: How it ended; nil when it has not.
    func stop(within limit: Duration = .seconds(20)) -> ChildProcess.Exit? {
        process.signal(SIGTERM)
        return process.waitForExit(within: limit)
    }

    /// Whether the socket's file is there.
    var hasSocketFile: Bool { FileManager.default.fileExists(atPath: workspace.socket) }
}
