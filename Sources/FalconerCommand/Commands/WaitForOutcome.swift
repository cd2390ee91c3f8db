import JSONText
import Posix

/// Follows one submission to its end and prints the result.
struct WaitForOutcome {
    let id: String
    let since: UInt64
    let timeout: Duration?
    let format: OutputFormat
    /// Where the lines of the run's log come from; nil when nobody wants them.
    let logs: RunLogs?

    /// Waits on a connection that nothing else uses any more.
    func run(_ connection: ServiceConnection) throws {
        var writer = JSONObjectWriter()
        writer.member("op", "subscribe")
        writer.member("after", "\(since)")
        writer.member("submission", id)
        try connection.send(writer.bytes)
        let start = ContinuousClock.now
        let deadline = timeout.map { start + $0 }
        var progress = WaitProgress(id: id)
        let wake = try WakeUp()
        let signals = StopSignals(waking: wake)
        progress.show(after: .zero)
        defer {
            signals.end()
            progress.end()
        }
        var window = LogWindow()
        while true {
            if progress.state == "accepted", let lines = logs?.news(&window), !lines.isEmpty {
                progress.end()
                for line in lines { StandardError.writeLine(line) }
            }
            // Once a second the progress line is drawn again.
            let tick = min(deadline ?? .now + .seconds(1), .now + .seconds(1))
            switch try connection.next(deadline: tick, interruptedBy: wake) {
            case .line(let line):
                if let frame = line.frame {
                    if frame == "bye" { throw gone }
                    if frame == "error" { throw ServiceConnection.refusal(line) }
                } else if try settle(line, &progress, &window) {
                    return
                }
            case .interrupted: guard deadline.map({ .now < $0 }) ?? true else { throw tooLate(progress.state) }
            case .ended: throw gone
            }
            if !signals.take().isEmpty { throw interrupted(progress.state) }
            progress.show(after: start.duration(to: .now))
        }
    }

    private var gone: CommandFailure {
        CommandFailure(
            .unreachable,
            "the service stopped while \(id) was open; the submission is on disk",
            advice: "start it again and ask: falconer status \(id)"
        )
    }

    private func interrupted(_ state: String) -> CommandFailure {
        CommandFailure(
            .interrupted,
            "interrupted; \(id) is \(state) and goes on without this command",
            advice: "ask: falconer status \(id); to end it: falconer cancel \(id)"
        )
    }

    private func tooLate(_ state: String) -> CommandFailure {
        CommandFailure(
            state == "uncertain" ? .uncertain : .timedOut,
            "\(id) is still \(state)",
            advice: "it goes on without this command; ask: falconer status \(id)"
        )
    }

    /// Takes in an event; true when it was the last and is printed.
    private func settle(
        _ event: JSONLine,
        _ progress: inout WaitProgress,
        _ window: inout LogWindow
    ) throws -> Bool {
        guard let type = event.string("type") else { return false }
        progress.state = type.split(separator: ".").last.map(String.init) ?? type
        switch type {
        case "fal.request.succeeded":
            progress.end()
            for line in logs?.news(&window) ?? [] { StandardError.writeLine(line) }
            try print(event)
            return true
        case "fal.request.failed", "fal.submission.refused", "fal.submission.lost", "fal.submission.cancelled":
            progress.end()
            try print(event)
            let reason = EventText(style: Style(isTerminal: false)).detail(event, type)
            throw CommandFailure(.requestFailed, "\(id) \(progress.state)\(reason.isEmpty ? "" : ": \(reason)")")
        case "fal.submission.waiting" where event.data?.string("code") == "key_refused":
            // It would wait for a person, who is told so.
            progress.end()
            try print(event)
            throw CommandFailure(
                .keyRefused,
                "\(id) \(progress.state): \(event.data?.string("message") ?? "fal refused the key")",
                advice: "it is on disk and need not be submitted again; 'falconer doctor' tries the key"
            )
        default:
            return false
        }
    }

    private func print(_ event: JSONLine) throws {
        guard format == .human else {
            try StandardOutput.write(event.bytes + [UInt8(ascii: "\n")])
            return
        }
        let type = event.string("type") ?? ""
        let detail = EventText(style: Style(isTerminal: false)).detail(event, type)
        if type == "fal.request.succeeded" {
            try StandardOutput.writeLine(
                detail.isEmpty ? String(decoding: event.data?.bytes ?? [], as: UTF8.self) : detail
            )
        }
    }
}

/// The line on standard error that says how a submission is doing, drawn over itself on a terminal.
struct WaitProgress {
    private let id: String
    private var shown = ""
    var state = "created"

    init(id: String) {
        self.id = id
    }

    /// Shows the state; without a terminal, only when it has changed.
    mutating func show(after elapsed: Duration) {
        if StandardError.isTerminal {
            StandardError.write("\r\u{1B}[K\(id)  \(state)  \(elapsed.components.seconds) s")
        } else if shown != state {
            StandardError.writeLine("\(id)  \(state)")
        }
        shown = state
    }

    /// Leaves the line as it is.
    mutating func end() {
        if StandardError.isTerminal, !shown.isEmpty { StandardError.write("\r\u{1B}[K") }
        shown = ""
    }
}
