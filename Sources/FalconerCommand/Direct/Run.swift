import ArgumentParser
import FalQueue
import HTTPClient
import JSONText
import Posix

/// The command `falconer run`.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model through fal's synchronous endpoint, without the queue and without a service.",
        discussion: """
            One request that stays open until the model is done; prints the model's output. For what may take longer than \
            a minute, or must not be lost, use 'falconer submit'.

              falconer run fal-ai/flux/schnell --prompt "a falcon"

            Exit codes: 0 done, 2 failed at fal, 5 fal unreachable, 6 the answer was lost: it may have run and been paid \
            for, 9 key refused, 64 the input is not valid, 130 interrupted: it may run on and be paid for.
            """
    )

    @Argument(help: "The fal endpoint id, owner/app or owner/app/path.")
    var endpoint: String

    @OptionGroup var input: InputOptions
    @OptionGroup var inputCheck: InputCheck
    @OptionGroup var uploads: UploadOptions

    @Option(help: "How long the model may take, in seconds.")
    var timeout = 120

    @Option(name: .customLong("fal-run-url"), help: "Where requests go (default: https://fal.run).")
    var falRunURL: String?

    @OptionGroup var fal: FalOptions
    @OptionGroup var access: FalAccess

    func run() throws {
        try reportingFailure {
            let id = try parsing("endpoint") { try EndpointID.parse(endpoint) }
            guard (1...86_400).contains(timeout) else {
                throw CommandFailure(.usage, "--timeout goes from 1 to 86400 seconds")
            }
            var options = HTTPClientOptions()
            options.totalTimeout = .seconds(timeout)
            let url = try access.url("fal-run-url", falRunURL, default: .falRun)
            let client = try client(options)
            let fal = try fal.resolved()
            let checker = try inputCheck.checker(of: id)
            let bytes = try uploads.input(of: try input.draft(), checkedBy: checker, access: access)
            let request = SubmitRequest(endpoint: id, input: bytes, options: fal)
            let key = try access.key()
            let signals = StopSignals(waking: try WakeUp()) { client.cancel() }
            defer { signals.end() }
            switch SynchronousRun(request, at: url, key: key, over: client) {
            case .answered(let result): try print(result)
            case .notSent where !signals.take().isEmpty:
                throw CommandFailure(.interrupted, "interrupted before anything was sent")
            case .uncertain where !signals.take().isEmpty:
                throw CommandFailure(
                    .interrupted,
                    "interrupted: it may run on at fal, and be paid for; its result is lost",
                    advice: "what must not be lost goes through 'falconer submit'"
                )
            case .notSent(let failure):
                throw CommandFailure(.unreachable, "fal could not be reached: \(failure.message)")
            case .uncertain(let failure):
                throw CommandFailure(
                    .uncertain,
                    "the answer was lost: \(failure.message)",
                    advice: "it may have run and been paid for; what must not be lost goes through 'falconer submit'"
                )
            }
        }
    }

    private func print(_ result: QueueResult) throws {
        let said = result.error.message ?? "no reason was given"
        if let queued = JSONLine(result.body), queued.string("status") == "IN_QUEUE",
            let request = queued.string("request_id"), let status = queued.string("status_url")
        {
            throw CommandFailure(
                .usage,
                "--fal-run-url is a queue: fal has put request \(request) into it, and it will run",
                advice: "its result: \(queued.string("response_url") ?? status); for the queue use 'falconer submit'"
            )
        }
        switch result.status {
        case 200..<300: try StandardOutput.write(result.body + [UInt8(ascii: "\n")])
        case 401, 403:
            throw CommandFailure(
                .keyRefused,
                "fal refused the key (HTTP \(result.status)): \(said)",
                advice: "check FAL_KEY, and the balance of its account"
            )
        default:
            throw CommandFailure(.requestFailed, "the request failed (HTTP \(result.status)): \(said)")
        }
    }
}

/// A client for requests of the command's own.
func client(_ options: HTTPClientOptions) throws -> HTTPClient {
    do {
        return try HTTPClient(options)
    } catch {
        throw CommandFailure(.internalFault, "the HTTP client did not start: \(error)")
    }
}
