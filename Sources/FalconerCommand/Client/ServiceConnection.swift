import EventStream
import JSONText
import Posix

/// A conversation with the running service over its socket; failures are those a command ends with.
struct ServiceConnection {
    /// How long the service may take to answer a command.
    static let answerTime: Duration = .seconds(30)

    private let client: EventStreamClient
    /// What the service said first.
    let hello: JSONLine

    /// Connects, and hears the service's greeting.
    init(path: String) throws {
        do {
            client = try EventStreamClient.connect(path: path, timeout: .seconds(5))
        } catch {
            throw Self.failure(error)
        }
        let first = try Self.next(client, deadline: .now + Self.answerTime)
        guard let first, first.frame != "error" else {
            throw CommandFailure(
                .unreachable,
                first?.string("message") ?? "the service closed the connection",
                advice: "look at the service's log"
            )
        }
        hello = first
    }

    /// Sends a line.
    func send(_ line: [UInt8]) throws {
        do {
            try client.send(line, deadline: .now + Self.answerTime)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Waits for the next line.
    ///
    /// - Parameter deadline: Until when; nil waits without end.
    /// - Returns: The line, or nil when the service has closed.
    /// - Throws: ``CommandFailure``, `timedOut` when the deadline has passed.
    func next(deadline: ContinuousClock.Instant? = nil) throws -> JSONLine? {
        try Self.next(client, deadline: deadline)
    }

    /// What ``next(deadline:interruptedBy:)`` came to.
    enum Next {
        case line(JSONLine)
        /// Somebody called, or the deadline has passed.
        case interrupted
        /// The service has closed.
        case ended
    }

    /// Waits for the next line, a call, or a time.
    func next(deadline: ContinuousClock.Instant, interruptedBy wake: WakeUp) throws -> Next {
        do {
            switch try client.nextLine(deadline: deadline, interruptedBy: wake) {
            case .line(let bytes):
                guard let line = JSONLine(bytes) else { throw EventStreamClientError.malformedLine }
                return .line(line)
            case .interrupted: return .interrupted
            case .ended: return .ended
            }
        } catch EventStreamClientError.timedOut {
            return .interrupted
        } catch let error as EventStreamClientError {
            throw Self.failure(error)
        }
    }

    /// Gives a command and waits for its answer.
    ///
    /// - Returns: The `reply` frame.
    /// - Throws: ``CommandFailure`` with what an `error` frame says.
    func request(_ line: [UInt8]) throws -> JSONLine {
        try send(line)
        let deadline = ContinuousClock.now + Self.answerTime
        while let answer = try nextAnswer(deadline) {
            switch answer.frame {
            case "reply": return answer
            case "error": throw Self.refusal(answer)
            case "bye": throw CommandFailure(.unreachable, "the service is stopping", advice: Self.lookFirst)
            default: continue
            }
        }
        throw CommandFailure(
            .unreachable,
            "the service closed the connection without an answer",
            advice: Self.lookFirst
        )
    }

    /// Looks at a consumer; to be called before subscribing, because events that come meanwhile are passed over.
    ///
    /// - Parameter name: Its name.
    /// - Returns: The consumer as the service describes it; nil when there is none.
    /// - Throws: ``CommandFailure`` with what an `error` frame says.
    func consumer(_ name: String) throws -> JSONLine? {
        var writer = JSONObjectWriter()
        writer.member("op", "consumer")
        writer.member("action", "show")
        writer.member("consumer", name)
        do {
            return try request(writer.bytes).object("consumer")
        } catch let failure as CommandFailure where failure.status == .notFound {
            return nil
        }
    }

    private func nextAnswer(_ deadline: ContinuousClock.Instant) throws -> JSONLine? {
        do {
            return try next(deadline: deadline)
        } catch let failure as CommandFailure where failure.status == .timedOut {
            throw CommandFailure(.timedOut, failure.message, advice: Self.lookFirst)
        }
    }

    /// A command that had no answer may have been carried out all the same.
    static let lookFirst = "look at 'falconer list' before you try again: it may have been recorded"

    /// The failure that an `error` frame stands for.
    static func refusal(_ frame: JSONLine) -> CommandFailure {
        let code = frame.string("code") ?? ""
        let status: ExitStatus =
            switch code {
            case "not_found", "unknown_consumer", "not_parked": .notFound
            case "storage", "journal_unreadable", "consumer_unreadable": .storage
            case "uncertain": .uncertain
            case "key_refused": .keyRefused
            case "fal_unreachable", "cannot_submit", "busy", "too_many_connections", "too_many_connections_of_user",
                "no_answer":
                .unreachable
            case "invalid_input", "bad_endpoint", "cannot_download", "bad_request", "bad_option", "bad_json",
                "unknown_op",
                "line_too_long", "no_consumer", "not_delivered", "too_many_consumers", "ambiguous",
                "not_allowed_to_submit", "not_allowed_to_subscribe", "not_allowed_to_administer":
                .usage
            case "conflict", "cursor_ahead", "other_journal", "consumer_exists", "consumer_busy": .conflict
            default: .internalFault
            }
        let problems = frame.objects("problems").dropFirst().compactMap { problem in
            problem.string("field").map {
                "\($0) \(problem.string("message") ?? ""); allowed: \(problem.string("allowed") ?? "")"
            }
        }
        return CommandFailure(
            status,
            frame.string("message") ?? "the service refused (\(code))",
            advice: problems.isEmpty ? nil : problems.joined(separator: "\n  ")
        )
    }

    private static func next(
        _ client: EventStreamClient,
        deadline: ContinuousClock.Instant?
    ) throws -> JSONLine? {
        do {
            guard let bytes = try client.nextLine(deadline: deadline) else { return nil }
            guard let line = JSONLine(bytes) else { throw EventStreamClientError.malformedLine }
            return line
        } catch let error as EventStreamClientError {
            throw failure(error)
        }
    }

    private static func failure(_ error: EventStreamClientError) -> CommandFailure {
        switch error {
        case .timedOut: CommandFailure(.timedOut, "\(error)")
        default: CommandFailure(.unreachable, "\(error)")
        }
    }
}
