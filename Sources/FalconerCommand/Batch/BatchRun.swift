import Falconer
import JSONText
import Posix

/// Submits the lines of a batch through the service and follows them to their ends.
///
/// Commands go over one connection and outcomes come over another, so that neither can hold up the other.
struct BatchRun {
    /// What does not end the run, but one line.
    private static let codesOfOneLine = ["invalid_input", "bad_request", "bad_endpoint", "line_too_long", "conflict"]

    let endpoint: String
    let lines: [BatchLine]
    /// What fal is told besides the input, an object; nil for nothing.
    let options: [UInt8]?
    /// The folder that the files of every result are wanted in.
    let download: String?
    /// Whether the service checks the inputs too.
    let isCheckedByService: Bool
    /// The SHA-256 of the document that the inputs were checked against.
    let checkedAgainst: String?
    let deadline: ContinuousClock.Instant?

    private let commands: ServiceConnection
    private let events: ServiceConnection?
    private let wake: WakeUp
    private let signals: StopSignals
    private var state: BatchState
    private var output: BatchOutput
    private var progress = BatchProgress()
    private var hasConflict = false
    private var hasWarned = false

    /// Connects to the service.
    ///
    /// - Throws: ``CommandFailure``.
    init(
        _ lines: [BatchLine],
        to endpoint: String,
        options: [UInt8]?,
        download: String?,
        isCheckedByService: Bool,
        checkedAgainst: String?,
        state: BatchState,
        output: BatchOutput,
        deadline: ContinuousClock.Instant?,
        socket: String
    ) throws {
        self.lines = lines
        self.endpoint = endpoint
        self.options = options
        self.download = download
        self.isCheckedByService = isCheckedByService
        self.checkedAgainst = checkedAgainst
        self.state = state
        self.output = output
        self.deadline = deadline
        commands = try ServiceConnection(path: socket)
        events = state.waitsForOutcomes ? try Self.subscribe(socket, endpoint) : nil
        wake = try WakeUp()
        signals = StopSignals(waking: wake)
    }

    /// Runs to the end.
    ///
    /// - Throws: ``CommandFailure`` when it could not get to the end, or when not every line went well.
    mutating func run() throws {
        defer {
            signals.end()
            progress.clear()
        }
        do {
            while !state.isDone {
                try heedSignals()
                while let index = state.next({ [lines] in lines[$0].key.submission.text }) { try submit(index) }
                try takeAnswers()
                try takeOutcomes()
                progress.show(state)
            }
        } catch let failure as CommandFailure {
            progress.clear()
            progress.finish(state)
            throw CommandFailure(
                failure.status,
                failure.message,
                advice: "run the same command again to go on: what is submitted is not submitted again"
            )
        }
        progress.clear()
        progress.finish(state)
        try complain()
    }

    private static func subscribe(_ socket: String, _ endpoint: String) throws -> ServiceConnection {
        let connection = try ServiceConnection(path: socket)
        let types = [
            "fal.request.succeeded", "fal.request.failed", "fal.submission.refused", "fal.submission.cancelled",
            "fal.submission.lost", "fal.submission.waiting",
        ]
        var writer = JSONObjectWriter()
        writer.member("op", "subscribe")
        writer.member("after", connection.hello.string("last") ?? "0")
        writer.member("types", array: types.map { Array("\"\($0)\"".utf8) })
        writer.member("endpoint", endpoint)
        try connection.send(writer.bytes)
        return connection
    }

    private func submit(_ index: Int) throws {
        let line = lines[index]
        var writer = JSONObjectWriter()
        writer.member("op", "submit")
        writer.member("ref", index)
        writer.member("endpoint", endpoint)
        writer.member("input", json: line.input)
        writer.member("tag", line.tag)
        if let options { writer.member("options", json: options) }
        if !isCheckedByService { writer.member("check", false) }
        writer.member("idempotency_key", line.key.text)
        writer.member("download", download)
        writer.member("checked_against", checkedAgainst)
        try commands.send(writer.bytes)
    }

    /// Takes the answers that are there, and waits for one while commands are on their way.
    private mutating func takeAnswers() throws {
        while state.commandCount > 0 {
            guard let frame = try next(commands, deadline: soon(.seconds(30))) else {
                try heedSignals()
                throw late("the service")
            }
            switch frame.frame {
            case "reply": try answered(frame)
            case "error": try refused(frame)
            case "bye": throw gone
            default: continue
            }
            // There is room for another command, and outcomes may have come.
            return
        }
    }

    private mutating func answered(_ reply: JSONLine) throws {
        guard let index = reply.integer("ref"), lines.indices.contains(index) else { return }
        if reply.string("op") == "result" {
            state.answered()
            if let event = reply.object("event") { try ended(event, lines[index].key.submission.text) }
            return
        }
        let line = lines[index]
        let wasThere = reply.raw("existing").map { $0 == Array("true".utf8) } ?? false
        if state.recorded(wasThere: wasThere) {
            try write(output.recorded(line, reply), of: index)
        } else if let word = reply.string("state"), SubmissionState(rawValue: word)?.isOpen == false {
            // It ended before this run began, or just now: its outcome may not come as an event.
            if wasThere { state.hadEnded() }
            var writer = JSONObjectWriter()
            writer.member("op", "result")
            writer.member("ref", index)
            writer.member("submission", line.key.submission.text)
            try commands.send(writer.bytes)
            state.asked()
        }
    }

    private mutating func refused(_ frame: JSONLine) throws {
        let code = frame.string("code") ?? ""
        guard let index = frame.integer("ref"), lines.indices.contains(index), Self.codesOfOneLine.contains(code)
        else { throw ServiceConnection.refusal(frame) }
        if code == "conflict" { hasConflict = true }
        state.refused(index, lines[index].key.submission.text)
        try write(output.refused(lines[index], frame), of: index)
    }

    /// Takes the outcomes that are there; waits for one when nothing else is to be waited for.
    private mutating func takeOutcomes() throws {
        guard let events, !state.isDone else { return }
        var patience: Duration = state.commandCount == 0 ? BatchProgress.interval : .zero
        if let deadline, ContinuousClock.now >= deadline { throw late("fal") }
        while let event = try next(events, deadline: soon(patience)) {
            patience = .zero
            if event.frame == "bye" { throw gone }
            if event.frame == "error" { throw ServiceConnection.refusal(event) }
            guard event.frame == nil, let submission = event.string("submission") else { continue }
            if event.string("type") == "fal.submission.waiting" {
                warn(event)
            } else {
                try ended(event, submission)
            }
        }
    }

    /// Says once that nothing goes out because fal refuses the key: it would be waited for without a word.
    private mutating func warn(_ event: JSONLine) {
        guard !hasWarned, event.data?.string("code") == "key_refused" else { return }
        hasWarned = true
        progress.clear()
        StandardError.writeLine("warning: \(event.data?.string("message") ?? "fal refuses the key")")
    }

    private mutating func ended(_ event: JSONLine, _ submission: String) throws {
        let isSuccess = event.string("type") == "fal.request.succeeded"
        for index in state.ended(submission, isSuccess ? .succeeded : .failed) {
            try write(output.ended(lines[index], event), of: index)
        }
    }

    private mutating func write(_ result: [UInt8], of index: Int) throws {
        if StandardOutput.isTerminal { progress.clear() }
        try output.print(result, of: index)
    }

    private func soon(_ patience: Duration) -> ContinuousClock.Instant {
        let soon = ContinuousClock.now + patience
        return deadline.map { min($0, soon) } ?? soon
    }

    /// The next line; nil when none has come in time, or a signal has.
    private func next(_ connection: ServiceConnection, deadline: ContinuousClock.Instant) throws -> JSONLine? {
        switch try connection.next(deadline: deadline, interruptedBy: wake) {
        case .line(let line): line
        case .interrupted: nil
        case .ended: throw CommandFailure(.unreachable, "the service has closed the connection")
        }
    }

    private func heedSignals() throws {
        guard !signals.take().isEmpty else { return }
        throw CommandFailure(.interrupted, "interrupted; what is submitted goes on without this command")
    }

    private var gone: CommandFailure { CommandFailure(.unreachable, "the service is stopping") }

    private func late(_ who: String) -> CommandFailure {
        CommandFailure(.timedOut, "\(state.count - state.doneCount) lines had no end from \(who) in time")
    }

    private func complain() throws {
        if hasConflict {
            throw CommandFailure(.conflict, "a line's idempotency key belongs to another input; see the lines above")
        }
        if state.refusedCount > 0 {
            throw CommandFailure(.usage, "\(state.refusedCount) lines were not taken; see the lines above")
        }
        if state.failedCount > 0 {
            throw CommandFailure(.requestFailed, "\(state.failedCount) of \(state.count) requests failed")
        }
    }
}
