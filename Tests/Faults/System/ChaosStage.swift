import FoundationEssentials
import Glibc
import Posix
import TestSupport

/// The processes of a chaos run: an emulator that lives through it, and a service that does not.
final class ChaosStage {
    let workspace: Workspace
    let emulator: String
    private let falconer: String
    private let emulatorProcess: ChildProcess
    private let options: [String]
    private var service: ChildProcess?
    private var listen = "127.0.0.1:0"
    private(set) var kills = 0

    init(falconer: String, plan: ChaosPlan, settings: ChaosSettings) throws {
        self.falconer = falconer
        workspace = try Workspace()
        let rules = workspace.path + "/rules.json"
        try Data(plan.rules.utf8).write(to: URL(filePath: rules))
        emulatorProcess = try ChildProcess(
            falconer,
            [
                "emulate", "--listen", "127.0.0.1:0", "--rules", rules, "--concurrency", "200", "--speed", "10",
                "--queue-time", "0.1", "--run-time", "0.3", "--keys-file", workspace.path + "/emulator-keys.json",
            ]
        )
        guard let line = emulatorProcess.line(where: { $0.contains("\"url\"") }),
            let url = line.split(separator: "\"").first(where: { $0.hasPrefix("http://") })
        else { throw HarnessFailure("the emulator does not start: \(emulatorProcess.text(.standardError))") }
        emulator = String(url)
        options = settings.options(emulator: emulator)
        try start()
    }

    deinit {
        service?.signal(SIGKILL)
        emulatorProcess.signal(SIGKILL)
    }

    /// Ends the service from one moment to the next, and starts it again where it was.
    func killAndRestart() throws {
        service?.signal(SIGKILL)
        _ = service?.waitForExit(within: .seconds(20))
        kills += 1
        try start()
    }

    /// Asks the service to stop.
    func stop() -> ChildProcess.Exit? {
        service?.signal(SIGTERM)
        return service?.waitForExit(within: .seconds(20))
    }

    /// Hands in a submission.
    ///
    /// - Returns: Our id for it; nil when there was no answer.
    func submit(prompt: String) -> String? {
        guard let path = try? UnixSocketPath(workspace.socket), let socket = try? UnixSocket.connect(to: path) else {
            return nil
        }
        let line =
            "{\"op\":\"submit\",\"endpoint\":\"xai/grok-imagine-video/text-to-video\","
            + "\"input\":{\"prompt\":\"\(prompt)\"}}\n"
        _ = UnixSocket.send(Array(line.utf8).span, to: socket.number)
        var answer: String?
        follow(socket.number) { line in
            let text = String(decoding: line, as: UTF8.self)
            guard !text.contains("\"frame\":\"hello\"") else { return true }
            answer = text
            return false
        }
        guard let answer, answer.hasPrefix("{\"frame\":\"reply\"") else { return nil }
        let parts = answer.split(separator: "\"")
        return parts.firstIndex(of: "submission").flatMap { $0 + 2 < parts.count ? String(parts[$0 + 2]) : nil }
    }

    /// Does something to the emulator.
    func administer(_ path: String) {
        let request = ["curl", "-s", "-X", "POST", "\(emulator)/emulator/\(path)"]
        _ = try? ChildProcess("/usr/bin/env", request).waitForExit()
    }

    /// The emulator's own books.
    func books() throws -> [ChaosBookEntry] {
        let file = workspace.path + "/books.json"
        let request = ["curl", "-s", "-o", file, "\(emulator)/emulator/requests"]
        guard try ChildProcess("/usr/bin/env", request).waitForExit() == .code(0) else {
            throw HarnessFailure("the emulator's books cannot be read")
        }
        return try JSONDecoder().decode(ChaosBooks.self, from: Data(contentsOf: URL(filePath: file))).requests
    }

    /// What `falconer show` tells of a submission; nil when it tells nothing.
    func story(of id: String) -> ChaosStory? {
        let words = ["show", id, "--socket", workspace.socket, "--format", "json"]
        guard let process = try? ChildProcess(falconer, words), process.waitForExit() == .code(0) else { return nil }
        return try? JSONDecoder().decode(ChaosStory.self, from: Data(process.text(.standardOutput).utf8))
    }

    private func start() throws {
        let words =
            [
                "serve", "--listen", listen, "--socket", workspace.socket, "--data", workspace.data, "--threads", "2",
            ] + options
        let process = try ChildProcess(falconer, words, environment: ["NO_COLOR": "1", "FAL_KEY": "chaos:secret"])
        guard let line = process.line(where: { $0.contains("\"listening\"") }),
            let url = line.split(separator: "\"").first(where: { $0.hasPrefix("http://") })
        else { throw HarnessFailure("the service does not start: \(process.text(.standardError).suffix(500))") }
        // Callbacks of before have to find it.
        listen = String(url.dropFirst("http://".count))
        service = process
    }
}

/// What the emulator knows of its requests.
struct ChaosBooks: Decodable {
    let requests: [ChaosBookEntry]
}

/// One of them.
struct ChaosBookEntry: Decodable {
    struct Input: Decodable {
        let prompt: String
    }

    enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case runsStarted = "runs_started"
        case errorType = "error_type"
        case status, input
    }

    var requestID: String
    var runsStarted: Int
    /// `COMPLETED` once it has ended, well or not.
    let status: String
    /// What went wrong; nil while nothing has.
    let errorType: String?
    let input: Input?
}
