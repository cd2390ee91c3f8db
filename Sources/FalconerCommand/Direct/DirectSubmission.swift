import FalQueue
import HTTPClient
import JSONText
import Posix

/// A submission without a service: sent from here, once, and perhaps followed by polling.
struct DirectSubmission {
    /// The first wait between two looks at the status; it doubles.
    static let pollFirst: Duration = .milliseconds(250)
    /// The longest wait between two looks at the status.
    static let pollMax: Duration = .seconds(5)

    let request: SubmitRequest
    let queue: QueueURL
    let key: FalKey
    let format: OutputFormat
    let wantsLogs: Bool

    /// Sends it, and says what is known afterwards.
    ///
    /// - Parameters:
    ///   - waits: Whether to stay until the result is there.
    ///   - timeout: How long, at most.
    /// - Throws: ``CommandFailure``.
    func run(waits: Bool, timeout: Duration?) throws {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        let transport = try client(HTTPClientOptions())
        let queueClient = QueueClient(transport: transport, queue: queue, key: key)
        let wake = try WakeUp()
        let signals = StopSignals(waking: wake) { transport.cancel() }
        defer { signals.end() }
        switch queueClient.submit(request) {
        case .accepted(let answer):
            guard waits else { return try print(answer) }
            StandardError.writeLine("request \(answer.requestID)")
            let address = RequestAddress(queue: queue, endpoint: request.endpoint, answer: answer)
            let isInterrupted = { !signals.take().isEmpty }
            try follow(address, queueClient, deadline, wake, isInterrupted)
        case .refused(let refusal):
            let isKey = refusal.status == 401 || refusal.status == 403
            throw CommandFailure(
                isKey ? .keyRefused : .requestFailed,
                refusal.message,
                advice: isKey ? "check FAL_KEY, and the balance of its account" : nil
            )
        case .notSent where !signals.take().isEmpty:
            throw CommandFailure(.interrupted, "interrupted before anything was sent")
        case .uncertain where !signals.take().isEmpty:
            throw CommandFailure(
                .interrupted,
                "interrupted: it is not known whether fal has it",
                advice: "sending it again may pay twice"
            )
        case .notSent(let failure):
            throw CommandFailure(.unreachable, "fal could not be reached: \(failure.message); nothing was sent")
        case .uncertain(let failure):
            throw CommandFailure(
                .uncertain,
                "it is not known whether fal has it: \(failure.message)",
                advice: "sending it again may pay twice; through the service its callback would still be matched"
            )
        }
    }

    private func print(_ answer: SubmitAnswer) throws {
        guard format == .json else { return try StandardOutput.writeLine(answer.requestID) }
        var writer = JSONObjectWriter()
        writer.member("request_id", answer.requestID)
        writer.member("status_url", answer.statusURL)
        writer.member("response_url", answer.responseURL)
        writer.member("cancel_url", answer.cancelURL)
        try StandardOutput.write(writer.line)
    }

    private func follow(
        _ address: RequestAddress,
        _ client: QueueClient,
        _ deadline: ContinuousClock.Instant?,
        _ wake: WakeUp,
        _ isInterrupted: () -> Bool
    ) throws {
        var delay = Self.pollFirst
        var logs = LogWindow()
        while true {
            var ended: QueueResult?
            do throws(QueueError) {
                ended = try look(address, client, &logs)
            } catch {
                if isInterrupted() { throw interrupted(address) }
                guard error.isRetryable else { throw failure(error) }
                StandardError.writeLine("falconer: \(error); asking again")
            }
            if let ended { return try print(ended) }
            guard deadline.map({ ContinuousClock.now + delay < $0 }) ?? true else {
                throw CommandFailure(.timedOut, "it has not ended yet", advice: "look later: \(address.statusURL)")
            }
            wake.wait(until: .now + delay)
            if isInterrupted() { throw interrupted(address) }
            delay = min(delay * 2, Self.pollMax)
        }
    }

    /// The result, once there is one.
    private func look(
        _ address: RequestAddress,
        _ client: QueueClient,
        _ logs: inout LogWindow
    ) throws(QueueError) -> QueueResult? {
        let answer = try client.status(of: address, logs: wantsLogs ? .include : .leaveOut)
        for line in logs.news(answer.logs.map { ($0.timestamp, $0.message) }) { StandardError.writeLine(line) }
        guard case .completed = answer.status else { return nil }
        return try client.result(of: address)
    }

    private func print(_ result: QueueResult) throws {
        try StandardOutput.write(result.body + [UInt8(ascii: "\n")])
        guard result.isSuccess else {
            let said = result.error.message ?? "no reason was given"
            throw CommandFailure(.requestFailed, "the request failed (HTTP \(result.status)): \(said)")
        }
    }

    private func interrupted(_ address: RequestAddress) -> CommandFailure {
        CommandFailure(
            .interrupted,
            "interrupted; the request goes on at fal",
            advice: "look later: \(address.statusURL)"
        )
    }

    private func failure(_ error: QueueError) -> CommandFailure {
        switch error {
        case .keyRefused: CommandFailure(.keyRefused, "\(error)")
        case .notFound: CommandFailure(.notFound, "\(error)")
        default: CommandFailure(.unreachable, "\(error)")
        }
    }
}
