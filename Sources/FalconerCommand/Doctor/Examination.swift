import FalQueue
import Falconer
import FoundationEssentials
import HTTPClient
import JSONText
import Posix
import SystemPackage

/// The checks of `falconer doctor`, one after the other.
struct Examination {
    let configuration: ServiceConfiguration
    let client: HTTPClient

    /// A clock that is further off than this is worth a word, seconds; fal's window is 300.
    static let skewDoubtful: Int64 = 30
    /// A clock that is further off than this has deliveries refused, seconds.
    static let skewMax: Int64 = 300

    /// How the checks connect.
    static var clientOptions: HTTPClientOptions {
        var options = HTTPClientOptions()
        options.connectTimeout = .seconds(5)
        options.totalTimeout = .seconds(10)
        options.responseBytesMax = 1 << 20
        return options
    }

    /// Every finding, in the order in which a set-up is built.
    func findings() -> [Finding] {
        let (keySet, clock) = keySetAndClock()
        return [service()] + [sending(), polling()].compactMap { $0 } + [data(), key(), publicURL(), keySet, clock]
    }

    /// What is in the way of the service's submissions; nil when it cannot be asked.
    private func sending() -> Finding? {
        var question = JSONObjectWriter()
        question.member("op", "list")
        question.member("state", "waiting")
        guard let connection = try? ServiceConnection(path: configuration.socketPath),
            let reply = try? connection.request(question.bytes)
        else { return nil }
        let waiting = reply.objects("submissions")
        if let trouble = reply.string("trouble") {
            return Finding(
                subject: "sending",
                verdict: .wrong,
                detail: trouble,
                advice: "what is held goes out by itself once fal takes the key, with a new key after a restart"
            )
        }
        guard let first = waiting.first else {
            return Finding(subject: "sending", verdict: .good, detail: "nothing waits to be sent again")
        }
        return Finding(
            subject: "sending",
            verdict: .doubtful,
            detail: "\(waiting.count) wait to be sent again: \(first.string("why") ?? "no reason is kept")",
            advice: "they go out by themselves; see 'falconer list --state waiting'"
        )
    }

    /// How much fal is asked about submissions; nil when the service cannot be asked.
    private func polling() -> Finding? {
        guard let connection = try? ServiceConnection(path: configuration.socketPath),
            let reply = try? connection.request(Array(#"{"op":"polling"}"#.utf8))
        else { return nil }
        func finding(_ verdict: Finding.Verdict, _ detail: String, _ advice: String? = nil) -> Finding {
            Finding(subject: "polling", verdict: verdict, detail: detail, advice: advice)
        }
        guard let report = reply.object("polling"), let budget = report.integer("budget_per_minute"),
            let asked = report.integer("asked_last_minute"), let followed = report.integer("followed"),
            let due = report.integer("due")
        else { return finding(.skipped, "off: only callbacks tell of outcomes") }
        let detail = "\(followed) submissions followed, \(asked) of \(budget) questions in the last minute"
        if let trouble = report.string("trouble") {
            return finding(.doubtful, "\(detail); fal does not answer: \(trouble)", "it is asked again by itself")
        }
        // A sixth of the budget may be asked at once, so that more than that waiting means that it does not suffice.
        guard due <= budget / 6 else {
            return finding(.doubtful, "\(detail); \(due) are due", "outcomes come late: raise --polling-budget")
        }
        return finding(.good, detail)
    }

    private func service() -> Finding {
        do {
            let hello = try ServiceConnection(path: configuration.socketPath).hello
            return Finding(
                subject: "service",
                verdict: .good,
                detail: "answers on \(configuration.socketPath), last event \(hello.string("last") ?? "?")"
            )
        } catch {
            let message = (error as? CommandFailure)?.message ?? "\(error)"
            return Finding(
                subject: "service",
                verdict: .wrong,
                detail: message,
                advice: "start it: falconer serve; or name its socket with --socket"
            )
        }
    }

    private func data() -> Finding {
        let path = nearestExisting(configuration.dataDirectory)
        func finding(_ verdict: Finding.Verdict, _ detail: String, _ advice: String? = nil) -> Finding {
            Finding(subject: "data folder", verdict: verdict, detail: detail, advice: advice)
        }
        var isDirectory = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        guard isDirectory, FileManager.default.isWritableFile(atPath: path) else {
            return finding(
                .wrong,
                "\(path) cannot be written to",
                "give this user the folder, or choose another with --data"
            )
        }
        switch try? FileSystemKind(of: path) {
        case .memory(let name):
            return finding(.doubtful, "\(path) is on \(name), in memory", "choose a folder on a disk with --data")
        case .foreign(let name) where !configuration.allowsNetworkFileSystem:
            return finding(.wrong, "\(path) is on \(name)", "choose a folder on a local disk with --data")
        case .foreign(let name):
            return finding(.doubtful, "\(path) is on \(name), whose syncs nobody here can vouch for")
        default: return finding(.good, "\(path) can be written to")
        }
    }

    private func nearestExisting(_ path: FilePath) -> String {
        var path = path
        while !FileManager.default.fileExists(atPath: path.isEmpty ? "." : path.string), path.removeLastComponent() {}
        return path.isEmpty ? "." : path.string
    }

    private func key() -> Finding {
        guard let key = configuration.key, let endpoint = try? EndpointID.parse("fal-ai/flux") else {
            return Finding(
                subject: "fal key",
                verdict: .wrong,
                detail: "there is none: nothing can be submitted",
                advice: "set FAL_KEY, or give --fal-key-file"
            )
        }
        let queue = QueueClient(transport: client, queue: configuration.queue, key: key)
        // No request has this id, so an answer of "not found" is one to a key that was taken, and nothing is spent.
        let address = RequestAddress(
            queue: configuration.queue,
            endpoint: endpoint,
            requestID: "00000000-0000-4000-8000-000000000000"
        )
        func finding(_ verdict: Finding.Verdict, _ detail: String, _ advice: String? = nil) -> Finding {
            Finding(subject: "fal key", verdict: verdict, detail: detail, advice: advice)
        }
        do {
            _ = try queue.status(of: address)
            return finding(.good, "accepted by \(configuration.queue)")
        } catch {
            switch error {
            case .notFound: return finding(.good, "accepted by \(configuration.queue)")
            case .keyRefused: return finding(.wrong, "\(error)", "make a new one: https://fal.ai/dashboard/keys")
            case .transport: return finding(.wrong, "\(error)", "check the network and --fal-queue-url")
            default: return finding(.doubtful, "\(error)", "look again later")
            }
        }
    }

    private func publicURL() -> Finding {
        let url: String
        switch configuration.reach {
        case .none:
            return Finding(
                subject: "public URL",
                verdict: .skipped,
                detail: "none: fal cannot call back",
                advice:
                    "give the service --public-url https://… that leads to \(configuration.listen.map { "\($0)" }.joined(separator: ", "))"
            )
        case .url(let given): url = "\(given)"
        case .firstListener: url = "http://\(configuration.listen.first.map { "\($0)" } ?? "")"
        }
        let advice = "see that the proxy or tunnel at \(url) leads to the hook, and that the service runs"
        switch get(url + "/healthz") {
        case .success(let response) where response.status == 200:
            return Finding(subject: "public URL", verdict: .good, detail: "\(url)/healthz answers 200")
        case .success(let response):
            let detail = "\(url)/healthz answers \(response.status)"
            return Finding(subject: "public URL", verdict: .wrong, detail: detail, advice: advice)
        case .failure(let error):
            let detail = "\(url)/healthz does not answer: \(error.detail)"
            return Finding(subject: "public URL", verdict: .wrong, detail: detail, advice: advice)
        }
    }

    private func keySetAndClock() -> (keySet: Finding, clock: Finding) {
        guard case .url(let url) = configuration.keySource else {
            let path = configuration.keySource.name
            let isThere = FileManager.default.isReadableFile(atPath: path)
            return (
                Finding(
                    subject: "key set",
                    verdict: isThere ? .good : .wrong,
                    detail: isThere ? "the file \(path) can be read" : "the file \(path) cannot be read",
                    advice: isThere ? nil : "name a file, or leave --keys out for fal's own"
                ),
                Finding(subject: "clock", verdict: .skipped, detail: "nobody was asked for the time")
            )
        }
        let before = WallTime.now
        switch get(url) {
        case .success(let response) where response.status == 200:
            let hasKeys = String(decoding: response.body, as: UTF8.self).contains("\"keys\"")
            return (
                Finding(
                    subject: "key set",
                    verdict: hasKeys ? .good : .wrong,
                    detail: hasKeys ? "\(url) answers" : "\(url) answers without keys",
                    advice: hasKeys ? nil : "check --keys"
                ),
                clock(response.headers["Date"], before, .now)
            )
        case .success(let response):
            return (unreachable(url, "answers \(response.status)"), clock(response.headers["Date"], before, .now))
        case .failure(let error):
            return (
                unreachable(url, "does not answer: \(error.detail)"),
                Finding(subject: "clock", verdict: .skipped, detail: "nobody answered with the time")
            )
        }
    }

    private func unreachable(_ url: String, _ what: String) -> Finding {
        Finding(
            subject: "key set",
            verdict: .wrong,
            detail: "\(url) \(what)",
            advice: "check the network and --keys; without keys every delivery is told to come again"
        )
    }

    private func clock(_ header: String?, _ before: WallTime, _ after: WallTime) -> Finding {
        guard let date = header.flatMap({ HTTPDate.parse($0) }) else {
            return Finding(subject: "clock", verdict: .skipped, detail: "the key set's server does not tell the time")
        }
        // The header has whole seconds, and was made some time between the two.
        let skew = date > after.seconds ? date - after.seconds : max(0, before.seconds - date - 1)
        let verdict: Finding.Verdict = skew > Self.skewMax ? .wrong : skew > Self.skewDoubtful ? .doubtful : .good
        return Finding(
            subject: "clock",
            verdict: verdict,
            detail: skew <= 1 ? "agrees with the key set's server" : "\(skew) s off the key set's server",
            advice: verdict == .good
                ? nil : "set the clock (timedatectl set-ntp true): deliveries over 300 s off are refused"
        )
    }

    private func get(_ url: String) -> Result<HTTPResponse, HTTPClientError> {
        do throws(HTTPClientError) {
            return .success(try client.send(HTTPRequest(method: .get, url: url, headers: HTTPHeaders())))
        } catch {
            return .failure(error)
        }
    }
}
